import { PresenceFilter } from 'ldapts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readGroups } from '../../../src/directories/ldap/groups-and-people.ts';
import { type LdapSession, parseLdapServers, withLdap } from '../../../src/directories/ldap/session.ts';
import { createDeadline, systemClock } from '../../../src/platform/clock.ts';
import { DeadlineError, StopError } from '../../../src/platform/errors.ts';
import { createRequestCounter } from '../../../src/platform/request-counts.ts';
import { ask, at, reader, settingsFor } from '../../sandbox/ldap/asking.ts';
import { groupEntry, groupsBase, peopleBase, personDn, personEntry } from '../../sandbox/ldap/people.ts';
import { type LdapSandbox, startLdapServer } from '../../sandbox/ldap/server.ts';

const everybody = {
  scope: 'sub',
  filter: new PresenceFilter({ attribute: 'uid' }),
  attributes: ['uid'],
} as const;

let server: LdapSandbox;

beforeEach(async () => {
  const entries = [personEntry('ann'), groupEntry('all', [personDn('ann')])];
  server = await startLdapServer({ entries, bind: [reader], anonymous: 'none' });
});
afterEach(() => server.close());

const askHere = <T>(use: (ldap: LdapSession) => Promise<T>, ms?: number) =>
  ask(settingsFor(server.port), use, ms);
const readAll = (ldap: LdapSession) => ldap.search(peopleBase, everybody);
const groupAll = (ldap: LdapSession) => readGroups(ldap, groupsBase, ['all']);

describe('time', () => {
  test.each(['bind', 'search'] as const)(
    'a %s that is never answered ends at the deadline',
    async (stall) => {
      server.faults = { stall };
      const { error } = await askHere(readAll, 800);
      expect(error).toMatch(new RegExp(`^DeadlineError: ldap ldap://127.0.0.1:${server.port}: ${stall} `));
    },
  );

  test.each(['starttls', 'tls'] as const)(
    'a StartTLS that stalls (%s) leaves time for the next server',
    async (stall) => {
      server.faults = { stall };
      const servers = [at(server.port), at(server.port)];
      const { error, calls } = await ask(
        settingsFor(server.port, { servers, startTls: true }),
        readAll,
        1200,
      );
      expect(error).toMatch(
        stall === 'starttls' ? /no answer within \d+ ms.*no answer within/ : /no server answers/,
      );
      expect(calls?.['connect']).toBe(2);
      await expect.poll(() => server.standing()).toBe(0);
    },
  );

  test('a deadline that is over, and a request to stop, end the run before the next search', async () => {
    const clock = { ...systemClock, monotonic: () => time };
    let time = 0;
    const stop = new AbortController();
    const run = {
      deadline: createDeadline(clock, 20_000, stop.signal),
      requestCounter: createRequestCounter(),
    };
    const late = withLdap(settingsFor(server.port), run, async (ldap) => {
      await groupAll(ldap);
      time = 20_000;
      return groupAll(ldap);
    });
    await expect(late).rejects.toBeInstanceOf(DeadlineError);
    time = 0;
    stop.abort();
    await expect(withLdap(settingsFor(server.port), run, groupAll)).rejects.toBeInstanceOf(StopError);
    expect(server.searches).toHaveLength(1);
  });

  test('the connection is unbound and closed after success and after failure', async () => {
    await askHere(groupAll);
    server.faults = { searchResult: { code: 51 } };
    await askHere(groupAll);
    await expect.poll(() => server.standing()).toBe(0);
    expect([server.connections, server.unbinds]).toEqual([2, 2]);
  });
});

describe('a list of servers', () => {
  test.each([
    ['ldap://a.example:1389', [['ldap', 'a.example', 1389]]],
    ['a.example', [['ldap', 'a.example', 389]]],
    ['ldaps://A.example/', [['ldaps', 'a.example', 636]]],
    ['127.0.0.1:3389', [['ldap', '127.0.0.1', 3389]]],
    [
      'ldap://[::1]:1389,[2001:db8::1]',
      [
        ['ldap', '::1', 1389],
        ['ldap', '2001:db8::1', 389],
      ],
    ],
    [
      ' a.example ,\n b.example:65535',
      [
        ['ldap', 'a.example', 389],
        ['ldap', 'b.example', 65_535],
      ],
    ],
  ])('%j is read', (text, expected) => {
    expect(parseLdapServers(text).map(({ protocol, host, port }) => [protocol, host, port])).toEqual(
      expected,
    );
  });

  test.each([
    '',
    ' , ',
    'http://a',
    'a:0',
    'a:65536',
    'a:b',
    'ldap://',
    'ldap://a/dc=x',
    '::1',
    '[::g]',
    '[1]',
    'a b:x',
    '-a',
    'ldapi://x',
  ])('%j is refused with what is allowed', (text) => {
    expect(() => parseLdapServers(text)).toThrow('allowed: ldap://host:port');
  });

  test('every entry that can’t be read is named, and none with a password in it', () => {
    expect(() => parseLdapServers('good.example http://bad a:0 ldap://me:secret@host')).toThrow(
      /^"http:\/\/bad", "a:0", an entry with credentials in it can't be read/,
    );
    expect(() => parseLdapServers('ldap://me:secret@host')).not.toThrow('secret');
  });
});
