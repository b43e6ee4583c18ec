import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { readGroups } from '../../../src/directories/ldap/groups-and-people.ts';
import { type LdapSession, withLdap } from '../../../src/directories/ldap/session.ts';
import { createDeadline, systemClock } from '../../../src/platform/clock.ts';
import { createRequestCounter } from '../../../src/platform/request-counts.ts';
import { ask, at, reader, settingsFor } from '../../sandbox/ldap/asking.ts';
import { startDirectories } from '../../sandbox/ldap/directories.ts';
import { type ImpostorKind, startImpostor } from '../../sandbox/ldap/impostor.ts';
import { groupEntry, groupsBase, personDn, personEntry } from '../../sandbox/ldap/people.ts';
import { startLdapServer } from '../../sandbox/ldap/server.ts';

const entries = [personEntry('ann'), groupEntry('all', [personDn('ann')])];
const directories = await startDirectories({ entries, bind: [reader], anonymous: 'none' });
afterAll(async () => {
  await Promise.all(directories.map((directory) => directory.close()));
});

const groupAll = async (ldap: LdapSession) => [
  ldap.server,
  (await readGroups(ldap, groupsBase, ['all'])).size,
];
const KINDS: readonly ImpostorKind[] = ['hang', 'hang-up', 'http'];

describe.each(directories)('a list of servers with the $name directory as the second', ({ port }) => {
  test.each(KINDS)('one that takes the connection and then does this gives way: %s', async (kind) => {
    const impostor = await startImpostor(kind);
    onTestFinished(() => impostor.close());
    const servers = [at(impostor.port), at(port)];
    const { answer, error } = await ask(settingsFor(port, { servers }), groupAll, 2000);
    expect([error, answer]).toEqual([undefined, [`ldap://127.0.0.1:${port}`, 1]]);
    expect(impostor.connections).toBe(1);
  });

  test('where none serves, the error says what each did instead', async () => {
    const impostors = await Promise.all(KINDS.map(startImpostor));
    onTestFinished(async () => {
      await Promise.all(impostors.map((impostor) => impostor.close()));
    });
    const servers = impostors.map((impostor) => at(impostor.port));
    const { error } = await ask(settingsFor(port, { servers }), groupAll, 2000);
    expect(error).toMatch(/^Error: ldap: no server answers: /);
    expect(error).toMatch(/no answer within \d+ ms/);
    expect(error).toContain('the connection is lost');
    expect(error).toContain('the answer is no LDAP (found "HTTP/1.1 400 Bad Request")');
  });
});

describe('a server that answers and does not serve', () => {
  test.each([51, 52])('with result code %i gives way to the next', async (code) => {
    const busy = await startLdapServer({ entries, rootDseResult: { code } });
    const healthy = await startLdapServer({ entries, bind: [reader] });
    onTestFinished(async () => {
      await Promise.all([busy.close(), healthy.close()]);
    });
    const servers = [at(busy.port), at(healthy.port)];
    const { answer } = await ask(settingsFor(healthy.port, { servers }), groupAll);
    expect(answer).toEqual([healthy.url, 1]);
  });

  test.each([1, 50, 53])('with result code %i for the root DSE alone serves all the same', async (code) => {
    const discreet = await startLdapServer({ entries, bind: [reader], rootDseResult: { code } });
    onTestFinished(() => discreet.close());
    const { answer } = await ask(settingsFor(discreet.port), async (ldap) => [
      ...(await groupAll(ldap)),
      ldap.asOf,
    ]);
    expect(answer).toEqual([discreet.url, 1, null]);
  });
});

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe.each(directories)('the age of what the $name directory says', ({ port }) => {
  test('is contextCSN at the naming context above our bases, for two requests a run', async () => {
    const counter = createRequestCounter();
    const run = { deadline: createDeadline(systemClock, 20_000), requestCounter: counter };
    const asOf = await withLdap(settingsFor(port), run, async (ldap) => ldap.asOf);
    expect(asOf).toMatch(TIME);
    expect(counter.counts()['ldap']).toEqual({ connect: 1, rootdse: 1, bind: 1, contextcsn: 1 });
  });

  test('is not known where the naming context is another one', async () => {
    const elsewhere = { groupsBase: 'ou=groups,dc=example,dc=org' };
    const { answer } = await ask(settingsFor(port, elsewhere), async (ldap) => [ldap.asOf]);
    expect(answer).toEqual([null]);
  });
});

test.each([
  [
    ['20260601115800.123456Z#000000#001#000000', '20250101000000.000000Z#000000#002#000000'],
    '2026-06-01T11:58:00.123Z',
  ],
  [['20260601115800Z#000000#001#000000'], '2026-06-01T11:58:00.000Z'],
  [['20261301115800.000000Z#000000#001#000000'], null],
  [['yesterday'], null],
])('contextCSN %j is %s: the latest of all servers that take writes', async (contextCsn, expected) => {
  const server = await startLdapServer({ entries, bind: [reader], contextCsn });
  onTestFinished(() => server.close());
  const { answer } = await ask(settingsFor(server.port), async (ldap) => [ldap.asOf]);
  expect(answer).toEqual([expected]);
});

test('a password that the server repeats, plainly or encoded, is not in the message', async () => {
  const { password } = reader;
  const forms = [password, encodeURIComponent(password), Buffer.from(password).toString('base64')];
  const server = await startLdapServer({ entries, bind: [reader] });
  onTestFinished(() => server.close());
  server.faults = { searchResult: { code: 80, text: `you said ${forms.join(' and ')}` } };
  const { error } = await ask(settingsFor(server.port), groupAll);
  expect(error).toContain('you said (secret) and (secret) and ');
  for (const form of forms) expect(error).not.toContain(form);
});
