import { Client, EqualityFilter, PresenceFilter } from 'ldapts';
import { afterAll, describe, expect, test } from 'vitest';
import { attributeValues } from '../../../src/directories/ldap/entry.ts';
import { type LdapPerson, readGroups, readMembers } from '../../../src/directories/ldap/groups-and-people.ts';
import type { LdapSession } from '../../../src/directories/ldap/session.ts';
import { ask, reader, settingsFor } from '../../sandbox/ldap/asking.ts';
import { slapdMissing, startDirectories } from '../../sandbox/ldap/directories.ts';
import {
  disabledByLock,
  disabledByPolicy,
  groupEntry,
  groupsBase,
  lockedForAWhile,
  peopleBase,
  personDn,
  personEntry,
  suffix,
} from '../../sandbox/ldap/people.ts';

const crowd = Array.from({ length: 3000 }, (_, index) => `crowd${index}`);

const entries = [
  personEntry('ann', { cn: 'Ann Example', mail: ['ann@example.org', 'Ann.Other@Example.COM'] }),
  personEntry('bea', { more: disabledByPolicy }),
  personEntry('cem', { more: disabledByLock }),
  personEntry('dov', { more: { pwdPolicySubentry: `cn=strict,ou=ppolicies,${suffix}` } }),
  personEntry('eve'),
  personEntry('fay', { more: lockedForAWhile }),
  personEntry('twin', { more: { uid: ['twin', 'double'] } }),
  ...crowd.map((uid) => personEntry(uid)),
  { ...personEntry('dov'), dn: `uid=dov,ou=former,${peopleBase}` },
  { ...personEntry('gus'), dn: `uid=gus,ou=elsewhere,${suffix}` },
  groupEntry('crowd', crowd.map(personDn)),
  groupEntry('three-hundred', crowd.slice(0, 300).map(personDn)),
  groupEntry('staff', ['ann', 'bea', 'cem', 'dov'].map(personDn)),
  groupEntry('some-staff', ['ann', 'eve'].map(personDn)),
  groupEntry('spelt-otherwise', ['UID=Ann , OU=People,  DC=Wikimedia,DC=org', `uid=\\45ve,${peopleBase}`]),
  groupEntry('loose-ends', [
    personDn('eve'),
    personDn('gone'),
    `uid=gus,ou=elsewhere,${suffix}`,
    `cn=reader,${suffix}`,
    peopleBase,
  ]),
  groupEntry('with-a-group', [personDn('eve'), `cn=staff,${groupsBase}`]),
  groupEntry('locked-out', ['cem', 'fay'].map(personDn)),
  groupEntry('with-twin', [personDn('twin')]),
  groupEntry('ambiguous', [personDn('ann')]),
  {
    dn: `cn=shadow,${groupsBase}`,
    attributes: { objectClass: 'groupOfNames', cn: ['shadow', 'ambiguous'], member: personDn('eve') },
  },
  { ...groupEntry('staff', [personDn('eve')]), dn: `cn=staff,ou=old,${groupsBase}` },
];

const directories = await startDirectories({ entries, bind: [reader], anonymous: 'none' });
const missing = await slapdMissing();

afterAll(async () => {
  await Promise.all(directories.map((directory) => directory.close()));
});

const uidsOf = (people: readonly LdapPerson[] | undefined) => people?.map(({ uid }) => uid).sort();

const membersOf =
  (...names: readonly string[]) =>
  async (ldap: LdapSession) =>
    readMembers(ldap, peopleBase, [...(await readGroups(ldap, groupsBase, names)).values()]);

test('a real slapd takes part, or this test says that it does not', ({ skip }) => {
  skip(missing !== undefined, missing);
  expect(directories.map(({ name }) => name)).toEqual(['embedded', 'slapd']);
});

describe.each(directories)('groups in the $name directory', ({ port }) => {
  test('are found by name in any case, in one search, and a missing one is absent', async () => {
    const names = ['STAFF', 'no-such-group', 'some-staff'];
    const { answer, calls } = await ask(settingsFor(port), (ldap) => readGroups(ldap, groupsBase, names));
    expect([...(answer?.keys() ?? [])]).toEqual(['STAFF', 'some-staff']);
    expect(answer?.get('STAFF')).toEqual({
      name: 'STAFF',
      dn: `cn=staff,${groupsBase}`,
      members: ['ann', 'bea', 'cem', 'dov'].map(personDn),
    });
    expect(calls).toEqual({ connect: 1, bind: 1, search: 1 });
  });

  test('are refused if two have the name', async () => {
    const { error } = await ask(settingsFor(port), (ldap) => readGroups(ldap, groupsBase, ['ambiguous']));
    expect(error).toContain('2 groups have this name');
    expect(error).toContain(`cn=shadow,${groupsBase}`);
  });

  test('no names make no search', async () => {
    const { answer, calls } = await ask(settingsFor(port), (ldap) => readGroups(ldap, groupsBase, []));
    expect(answer?.size).toBe(0);
    expect(calls).toEqual({ connect: 1, bind: 1 });
  });

  test('a base that does not exist is an error that names it', async () => {
    const { error } = await ask(settingsFor(port), (ldap) =>
      readGroups(ldap, `ou=nowhere,${suffix}`, ['staff']),
    );
    expect(error).toContain(
      `ldap ldap://127.0.0.1:${port}: search under ou=nowhere,${suffix}: refused (NoSuchObjectError`,
    );
  });
});

describe.each(directories)('members in the $name directory', ({ port }) => {
  test('are people with every address, and disabled by a lock or by the policy for that alone', async () => {
    const { answer } = await ask(settingsFor(port), membersOf('staff'));
    const people = answer?.membersOf.get('staff')?.toSorted((a, b) => a.uid.localeCompare(b.uid));
    expect(people?.[0]).toEqual({
      dn: personDn('ann'),
      uid: 'ann',
      cns: ['Ann Example'],
      mails: ['ann@example.org', 'Ann.Other@Example.COM'],
      disabled: false,
    });
    expect(people?.map(({ uid, disabled }) => [uid, disabled])).toEqual([
      ['ann', false],
      ['bea', true],
      ['cem', true],
      ['dov', false],
    ]);
    expect(answer?.people).toHaveLength(4);
    expect(answer?.dangling).toEqual([]);
  });

  test('with a lock that ends by itself are not disabled', async () => {
    const { answer } = await ask(settingsFor(port), membersOf('locked-out'));
    expect(new Map(answer?.people.map(({ uid, disabled }) => [uid, disabled]))).toEqual(
      new Map([
        ['cem', true],
        ['fay', false],
      ]),
    );
  });

  test('of several groups are one person each, in one search', async () => {
    const { answer, calls } = await ask(settingsFor(port), membersOf('staff', 'some-staff'));
    expect(uidsOf(answer?.people)).toEqual(['ann', 'bea', 'cem', 'dov', 'eve']);
    expect(uidsOf(answer?.membersOf.get('some-staff'))).toEqual(['ann', 'eve']);
    expect(calls).toEqual({ connect: 1, bind: 1, search: 2 });
  });

  test('are found however their DN is spelt', async () => {
    const { answer } = await ask(settingsFor(port), membersOf('spelt-otherwise'));
    expect(uidsOf(answer?.people)).toEqual(['ann', 'eve']);
    expect(answer?.dangling).toEqual([]);
  });

  test('that lead to no person are reported with the reason: gone, elsewhere, no person, the base itself', async () => {
    const { answer } = await ask(settingsFor(port), membersOf('loose-ends'));
    const outside = `outside the people base (${peopleBase})`;
    expect(uidsOf(answer?.people)).toEqual(['eve']);
    expect(answer?.dangling).toEqual([
      { group: 'loose-ends', dn: personDn('gone'), why: 'there is no person entry' },
      { group: 'loose-ends', dn: `uid=gus,ou=elsewhere,${suffix}`, why: outside },
      { group: 'loose-ends', dn: `cn=reader,${suffix}`, why: outside },
      { group: 'loose-ends', dn: peopleBase, why: outside },
    ]);
  });

  test('that are groups fail the source, naming the group and the setting', async () => {
    const { error } = await ask(settingsFor(port), membersOf('staff', 'with-a-group'));
    expect(error).toContain(`group with-a-group contains the group cn=staff,${groupsBase}`);
    expect(error).toContain('LDAP_NESTED_GROUPS: found false');
  });

  test('with two uids are unreadable, and nobody else is', async () => {
    const { answer } = await ask(settingsFor(port), membersOf('with-twin'));
    const unreadable = answer?.people.filter((person) => person.unreadable !== undefined);
    expect(unreadable?.map(({ dn }) => dn)).toEqual([personDn('twin')]);
    expect(unreadable?.[0]?.unreadable).toContain('exactly one uid (found ');
  });
});

describe.each(directories)('many members in the $name directory', ({ name, port }) => {
  test('a converged run of 300 people costs one connection and three searches', async () => {
    const { answer, calls } = await ask(settingsFor(port), membersOf('three-hundred'));
    expect(answer?.people).toHaveLength(300);
    expect(calls).toEqual({ connect: 1, bind: 1, search: 3 });
  });

  test('a group of 3,000 is read whole, with one search for each 150', async () => {
    const { answer, calls } = await ask(settingsFor(port), membersOf('crowd'));
    expect(uidsOf(answer?.membersOf.get('crowd'))).toEqual(crowd.toSorted());
    expect(calls).toEqual({ connect: 1, bind: 1, search: 21 });
  });

  test('more entries than the size limit come in pages, where a search without pages is refused', async () => {
    const everybody = {
      scope: 'sub',
      filter: new PresenceFilter({ attribute: 'uid' }),
      attributes: ['uid'],
    } as const;
    const { answer } = await ask(settingsFor(port), (ldap) => ldap.search(peopleBase, everybody));
    expect(answer).toHaveLength(crowd.length + 8);
    await using client = new Client({ url: `ldap://127.0.0.1:${port}` });
    await client.bind(reader.dn, reader.password);
    await expect(client.search(peopleBase, { ...everybody, attributes: [] })).rejects.toThrow('Code: 0x4');
  });

  // The embedded server keeps no memberOf.
  if (name === 'slapd') {
    test('the members found are those for which the server says memberOf', async () => {
      const value = `cn=some-staff,${groupsBase}`;
      const query = {
        scope: 'sub',
        filter: new EqualityFilter({ attribute: 'memberOf', value }),
        attributes: ['uid'],
      } as const;
      const { answer } = await ask(settingsFor(port), (ldap) => ldap.search(peopleBase, query));
      expect(answer?.flatMap((entry) => attributeValues(entry, 'uid')).sort()).toEqual(['ann', 'eve']);
    });
  }
});
