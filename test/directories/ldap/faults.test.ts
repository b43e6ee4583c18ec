import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PresenceFilter } from 'ldapts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findPeople, readGroups, readMembers } from '../../../src/directories/ldap/groups-and-people.ts';
import type { LdapSession } from '../../../src/directories/ldap/session.ts';
import { ask, reader, settingsFor } from '../../sandbox/ldap/asking.ts';
import { makeCertificates } from '../../sandbox/ldap/certificates.ts';
import { groupEntry, groupsBase, peopleBase, personDn, personEntry } from '../../sandbox/ldap/people.ts';
import { type LdapSandbox, startLdapServer } from '../../sandbox/ldap/server.ts';

const uids = Array.from({ length: 1200 }, (_, index) => `person${index}`);
const everybody = {
  scope: 'sub',
  filter: new PresenceFilter({ attribute: 'uid' }),
  attributes: ['uid'],
} as const;

let server: LdapSandbox;

beforeEach(async () => {
  const entries = [...uids.map((uid) => personEntry(uid)), groupEntry('all', uids.map(personDn))];
  server = await startLdapServer({ entries, bind: [reader], anonymous: 'none' });
});
afterEach(() => server.close());

const askHere = <T>(use: (ldap: LdapSession) => Promise<T>, ms?: number) =>
  ask(settingsFor(server.port), use, ms);
const readAll = (ldap: LdapSession) => ldap.search(peopleBase, everybody);
const groupAll = (ldap: LdapSession) => readGroups(ldap, groupsBase, ['all']);

describe('pages', () => {
  test('are asked for one after the other to the end, with no limit of size or time of our own', async () => {
    const { answer, calls } = await askHere(readAll);
    expect(answer).toHaveLength(uids.length);
    expect(calls?.['search']).toBe(1);
    expect(server.searches.map(({ pages, boundAs }) => [pages, boundAs])).toEqual([[3, reader.dn]]);
    expect(server.searches[0]?.request).toMatchObject({ sizeLimit: 0, timeLimit: 0, paging: { size: 500 } });
  });

  test.each([1, 2, 3])(
    'page %i being empty although there is more is an error, not a smaller answer',
    async (page) => {
      server.faults = { emptyPage: page };
      const { error } = await askHere(readAll);
      expect(error).toContain(
        `an empty page came although the server has more (found ${(page - 1) * 500} entries)`,
      );
    },
  );

  test('a connection that ends in the middle of a page is an error', async () => {
    server.faults = { dropAfter: 250 };
    expect((await askHere(readAll)).error).toMatch(/search under ou=people.*(lost|closed)/i);
  });

  test('a connection that ends under StartTLS in the middle of a page is an error at once', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ldap-'));
    const { caPath, certificate } = await makeCertificates(folder);
    const secured = await startLdapServer({ entries: server.entries, bind: [reader], certificate });
    secured.faults = { dropAfter: 250 };
    const over = { startTls: true, caCertPath: caPath };
    const { error } = await ask(settingsFor(secured.port, over), readAll);
    await Promise.all([secured.close(), rm(folder, { recursive: true })]);
    expect(error).toMatch(/search under ou=people.*(lost|closed)/i);
  });

  test('searches asked for together are made one after the other and all come whole', async () => {
    const { answer } = await askHere((ldap) => Promise.all([readAll(ldap), groupAll(ldap), readAll(ldap)]));
    expect([answer?.[0].length, answer?.[1].size, answer?.[2].length]).toEqual([uids.length, 1, uids.length]);
  });
});

describe('ranged attributes', () => {
  test.each([
    [1, uids.length],
    [500, 3],
    [1199, 2],
    [1200, 1],
  ])('%i values at once are read on to the end, in %i searches', async (valuesAtOnce, searches) => {
    server.entries = [groupEntry('all', uids.map(personDn))];
    server.faults = { valuesAtOnce };
    const { answer, calls } = await askHere(groupAll);
    expect(answer?.get('all')?.members).toEqual(uids.map(personDn));
    expect(calls?.['search']).toBe(searches);
  });

  test('the values of every attribute of an entry are read on, people’s addresses too', async () => {
    const mail = ['a@example.org', 'b@example.org', 'c@example.org'];
    server.entries = [personEntry('ann', { mail })];
    server.faults = { valuesAtOnce: 2 };
    const { answer } = await askHere((ldap) => findPeople(ldap, peopleBase, { cns: [], uids: ['ann'] }));
    expect(answer?.[0]?.mails).toEqual(mail);
  });

  test.each(['repeated', 'missing', 'empty', 'short'] as const)(
    'a range that is %s is refused',
    async (ranges) => {
      server.faults = { valuesAtOnce: 500, ranges };
      expect((await askHere(groupAll)).error).toContain("the server's answer to member;range=");
    },
  );
});

describe('a server that does not do as asked', () => {
  test.each([
    [51, 'BusyError'],
    [52, 'UnavailableError'],
    [4, 'SizeLimitExceededError'],
    [3, 'TimeLimitExceededError'],
    [11, 'AdminLimitExceededError'],
    [50, 'InsufficientAccessError'],
    [10, 'refers to another one'],
    [80, 'Code: 0x50'],
  ])('result code %i after the entries is an error', async (code, why) => {
    server.faults = { searchResult: { code } };
    const { error } = await askHere(readAll);
    expect(error).toContain(`ldap ldap://127.0.0.1:${server.port}: search under ${peopleBase}: `);
    expect(error).toContain(why);
  });

  test('bytes that are no LDAP are an error at once, not at the deadline', async () => {
    server.faults = {
      garbage: `HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n${'x'.repeat(200)}`,
    };
    expect((await askHere(readAll)).error).toMatch(/^Error: ldap .*: search under /);
  });

  test('a reference to another server is an error, not an answer with a gap', async () => {
    server.faults = { reference: 'ldap://elsewhere.example.org/ou=people' };
    expect((await askHere(readAll)).error).toContain(
      'the server refers to ldap://elsewhere.example.org/ou=people',
    );
  });
});

describe('an entry that is not as expected', () => {
  test.each([
    ['cn', (ldap: LdapSession) => findPeople(ldap, peopleBase, { cns: [], uids: ['person1'] })],
    ['member', groupAll],
  ])('a %s that is not UTF-8 is an error that names the entry', async (attribute, use) => {
    server.faults = { bytes: attribute };
    const { error } = await askHere<unknown>(use);
    expect(error).toMatch(
      new RegExp(`(uid=person1|cn=all),ou=.*: ${attribute} has a value that is not UTF-8`),
    );
  });

  test('names of attributes come in whatever case', async () => {
    const { dn } = personEntry('ann');
    server.entries = [
      {
        dn,
        attributes: {
          OBJECTCLASS: 'person',
          UID: 'ann',
          Cn: 'Ann',
          MAIL: 'a@example.org',
          PwdAccountLockedTime: '000001010000Z',
        },
      },
    ];
    const { answer } = await askHere((ldap) => findPeople(ldap, peopleBase, { cns: ['ann'], uids: [] }));
    expect(answer).toEqual([{ dn, uid: 'ann', cns: ['Ann'], mails: ['a@example.org'], disabled: true }]);
  });

  test.each([
    ['cn=disabled,ou=ppolicies,dc=wikimedia,dc=org', true],
    ['CN=Disabled, OU=PPolicies', true],
    ['cn=disabled,ou=policies,dc=wikimedia,dc=org', false],
    ['cn=not-disabled,ou=ppolicies,dc=wikimedia,dc=org', false],
    ['cn=x,cn=disabled,ou=ppolicies,dc=wikimedia,dc=org', false],
  ])('the policy %s: disabled is %s', async (pwdPolicySubentry, disabled) => {
    server.entries = [personEntry('ann', { more: { pwdPolicySubentry } })];
    const { answer } = await askHere((ldap) => findPeople(ldap, peopleBase, { cns: [], uids: ['ann'] }));
    expect(answer?.[0]?.disabled).toBe(disabled);
  });

  test('a person without a uid or with two is marked as unreadable and has nobody’s name; a member that can’t be read as a DN is dangling', async () => {
    const { dn, attributes } = personEntry('ann');
    const { uid, ...others } = attributes;
    const found = async (uids: string[]) => {
      server.entries = [{ dn, attributes: { ...others, ...(uids.length > 0 ? { uid: uids } : {}) } }];
      const members = (ldap: LdapSession) =>
        readMembers(ldap, peopleBase, [{ name: 'g', dn: 'cn=g', members: [dn] }]);
      const { answer } = await askHere((ldap) => findPeople(ldap, peopleBase, { cns: ['ann'], uids: [] }));
      return [answer, (await askHere(members)).answer?.people].map((people) =>
        people?.map((person) => [person.uid, person.unreadable]),
      );
    };
    const twice = [['ann and eve', `${dn}: a person needs exactly one uid (found ann, eve)`]];
    expect(await found(['ann', 'eve'])).toEqual([twice, twice]);
    const none = [['', `${dn}: a person needs exactly one uid (found none)`]];
    expect((await found([]))[0]).toEqual(none);
    expect(await found(['ann'])).toEqual([[['ann', undefined]], [['ann', undefined]]]);
    const { answer } = await askHere((ldap) =>
      readMembers(ldap, peopleBase, [{ name: 'g', dn: 'cn=g', members: ['no DN at all'] }]),
    );
    expect(answer?.dangling).toEqual([
      { group: 'g', dn: 'no DN at all', why: expect.stringContaining('DN "no DN at all"') },
    ]);
  });
});
