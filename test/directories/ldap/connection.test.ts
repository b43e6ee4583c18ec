import { PresenceFilter, SearchRequest } from 'ldapts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type LdapConnection, openConnection } from '../../../src/directories/ldap/connection.ts';
import { createDeadline, systemClock } from '../../../src/platform/clock.ts';
import { createRequestCounter } from '../../../src/platform/request-counts.ts';
import { reader } from '../../sandbox/ldap/asking.ts';
import { peopleBase, personEntry } from '../../sandbox/ldap/people.ts';
import { type LdapSandbox, startLdapServer } from '../../sandbox/ldap/server.ts';

let server: LdapSandbox;
let connection: LdapConnection;

beforeAll(async () => {
  server = await startLdapServer({ entries: [personEntry('ann')], bind: [reader], anonymous: 'none' });
});
afterAll(() => server.close());

beforeEach(async () => {
  const { url: address, port } = server;
  const tls = { trusted: [], certificateName: '127.0.0.1', startTls: false };
  const run = { deadline: createDeadline(systemClock, 20_000), requestCounter: createRequestCounter() };
  const peer = { protocol: 'ldap', host: '127.0.0.1', port, address, tls } as const;
  ({ connection } = await openConnection(peer, run, async () => undefined));
});

const look = () =>
  connection.request(
    'look',
    (messageId) =>
      new SearchRequest({
        messageId,
        baseDN: peopleBase,
        filter: new PresenceFilter({ attribute: 'uid' }),
        attributes: ['uid'],
      }),
  );

describe('one connection for a run', () => {
  test('a request on a connection that was closed fails, and no second connection is made', async () => {
    const before = server.connections;
    await connection.bind(reader.dn, reader.password);
    expect((await look()).entries).toHaveLength(1);
    await connection.close();
    await expect(look()).rejects.toThrow(`ldap ${server.url}: look: the connection is lost`);
    expect(server.connections).toBe(before);
  });

  test('a request before the last one is answered is refused', async () => {
    const both = await Promise.allSettled([look(), look()]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    await connection.close();
  });

  test('a bind that is refused leaves nobody bound', async () => {
    await expect(connection.bind(reader.dn, 'wrong')).rejects.toThrow(
      'InvalidCredentialsError, result code 49',
    );
    expect((await look()).entries).toEqual([]);
    await connection.close();
  });
});
