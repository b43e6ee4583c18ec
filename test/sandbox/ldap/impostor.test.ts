import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'ldapts';
import { expect, onTestFinished, test } from 'vitest';
import { type ImpostorKind, startImpostor } from './impostor.ts';
import { personEntry, suffix } from './people.ts';
import { startProxy } from './proxy.ts';
import { startLdapServer } from './server.ts';

async function impostor(kind: ImpostorKind) {
  const server = await startImpostor(kind);
  onTestFinished(() => server.close());
  return server;
}

test('one that hangs takes the connection and what is sent, and never answers', async () => {
  const server = await impostor('hang');
  const socket = connect(server.port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let heard = 0;
  socket.on('data', () => {
    heard += 1;
  });
  socket.write('anything');
  await pause(50);
  expect([server.connections, heard, socket.destroyed]).toEqual([1, 0, false]);
});

test('one that closes at once ends the connection without an answer', async () => {
  const server = await impostor('hang-up');
  expect(await text(connect(server.port, '127.0.0.1'))).toBe('');
  expect(server.connections).toBe(1);
});

test('one that speaks HTTP refuses an LDAP request with a page', async () => {
  const server = await impostor('http');
  const socket = connect(server.port, '127.0.0.1');
  socket.write(Buffer.from('300c020101600702010304008000', 'hex'));
  const said = await text(socket);
  const [head = '', body = ''] = said.split('\r\n\r\n');
  expect(head).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  expect(head).toContain(`Content-Length: ${body.length}`);
});

test('a proxy changes the one byte that it is set to, on each connection', async () => {
  const server = await startLdapServer({ entries: [personEntry('ann')] });
  const proxy = await startProxy(server.port);
  onTestFinished(async () => {
    await proxy.close();
    await server.close();
  });
  const answer = async () => {
    const client = new Client({ url: `ldap://127.0.0.1:${proxy.port}`, timeout: 1000 });
    const { searchEntries } = await client.search(suffix, { filter: '(uid=ann)', attributes: ['uid'] });
    await client.unbind();
    return searchEntries.map(({ dn }) => dn);
  };
  const [whole = ''] = await answer();
  // The first entry's DN begins at the tenth byte: a message, its number, the entry, and the DN's own two.
  const dnAt = 9;
  proxy.flip = { at: dnAt, mask: 0x20 };
  for (const _ of [1, 2]) expect(await answer()).toEqual([`U${whole.slice(1)}`]);
  proxy.flip = undefined;
  expect(await answer()).toEqual([whole]);
});

test('a test can change the directory at an exact search', async () => {
  const server = await startLdapServer({ entries: [personEntry('ann')] });
  onTestFinished(() => server.close());
  server.beforeSearch = (_search, nth) => {
    if (nth === 2) server.entries = [];
  };
  const client = new Client({ url: server.url });
  onTestFinished(() => client.unbind());
  const count = async () => (await client.search(suffix, { filter: '(uid=*)' })).searchEntries.length;
  expect([await count(), await count(), await count()]).toEqual([1, 0, 0]);
});
