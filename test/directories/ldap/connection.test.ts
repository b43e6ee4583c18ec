import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type LdapConnection, openConnection } from '../../../src/directories/ldap/connection.ts';
import { createDeadline, systemClock } from '../../../src/platform/clock.ts';
import { createRequestCounter } from '../../../src/platform/request-counts.ts';
import { reader } from '../../sandbox/ldap/asking.ts';
import { peopleBase, personEntry } from '../../sandbox/ldap/people.ts';
import { type LdapSandbox, startLdapServer } from '../../sandbox/ldap/server.ts';

let server: LdapSandbox;
let wire: LdapConnection;

beforeAll(async () => {
  server = await startLdapServer({ entries: [personEntry('ann')], bind: [reader], anonymous: 'none' });
});
afterAll(() => server.close());

beforeEach(async () => {
  const { url: address, port } = server;
  const tls = { trusted: [], certificateName: '127.0.0.1', startTls: false };
  const run = { deadline: createDeadline(systemClock, 20_000), requestCounter: createRequestCounter() };
  wire = await openConnection({ protocol: 'ldap', host: '127.0.0.1', port, address, tls }, run);
});

describe('one connection for a run', () => {
  test('the library’s own reconnect, which would ask as nobody, fails', async () => {
    const before = server.connections;
    await wire.client.bind(reader.dn, reader.password);
    await wire.client.unbind();
    await expect(wire.client.search(peopleBase)).rejects.toThrow('a run never makes a second one');
    expect(server.connections).toBe(before);
  });

  test('an operation on a connection that should be bound and is not is refused', async () => {
    await wire.within('look', () => wire.client.search(peopleBase));
    wire.insistOnBind();
    await expect(wire.within('look', () => wire.client.search(peopleBase))).rejects.toThrow(
      `ldap ${server.url}: look: the connection is no longer bound`,
    );
    await wire.close();
  });

  test('an answer that came while the connection broke does not count', async () => {
    await expect(
      wire.within('look', async () => {
        await wire.client.bind(reader.dn, reader.password);
        await wire.client.unbind();
        return [];
      }),
    ).rejects.toThrow('the connection is lost');
  });
});
