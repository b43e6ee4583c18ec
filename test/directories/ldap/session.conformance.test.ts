import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { readGroups, readMembers } from '../../../src/directories/ldap/groups-and-people.ts';
import type { LdapSession, LdapSettings } from '../../../src/directories/ldap/session.ts';
import { anonymousFor, ask, at, reader, settingsFor } from '../../sandbox/ldap/asking.ts';
import { certificateName } from '../../sandbox/ldap/certificates.ts';
import { startDirectories, type TestDirectory } from '../../sandbox/ldap/directories.ts';
import { groupEntry, groupsBase, peopleBase, personDn, personEntry } from '../../sandbox/ldap/people.ts';
import { type LdapProxy, startProxy } from '../../sandbox/ldap/proxy.ts';

const uids = Array.from({ length: 40 }, (_, index) => `person${index}`);
const entries = [...uids.map((uid) => personEntry(uid)), groupEntry('all', uids.map(personDn))];

const guarded = await startDirectories({ entries, bind: [reader], anonymous: 'none' });
const open = await startDirectories({ entries, anonymous: 'read' });

afterAll(async () => {
  await Promise.all([...guarded, ...open].map((directory) => directory.close()));
});

const NOBODY_LISTENS = 1;
const NOTICED_MS = 20;
const DROPPED = /^Error: ldap ldap:.*: search under .*: .*(lost|closed|ECONNRESET|EPIPE)/i;

const everybody = async (ldap: LdapSession) =>
  (await readMembers(ldap, peopleBase, [...(await readGroups(ldap, groupsBase, ['all'])).values()])).people
    .length;

/** Lends a proxy in front of a port. */
async function behindProxy<T>(port: number, use: (proxy: LdapProxy) => Promise<T>): Promise<T> {
  const proxy = await startProxy(port);
  try {
    return await use(proxy);
  } finally {
    await proxy.close();
  }
}

describe.each(guarded)('binding to the $name directory', ({ port }) => {
  test('a refused bind ends the run, without another server and without the password in the message', async () => {
    const over = { servers: [at(port), at(port)], bindPassword: 'not the password' };
    const { error, calls } = await ask(settingsFor(port, over), everybody);
    expect(error).toContain(
      `ldap ldap://127.0.0.1:${port}: bind as ${reader.dn}: refused (InvalidCredentialsError`,
    );
    expect(error).not.toContain('not the password');
    expect(calls).toEqual({ connect: 1, bind: 1 });
  });

  test('an empty password is refused before anything is sent', async () => {
    const { error, calls } = await ask(settingsFor(port, { bindPassword: '' }), everybody);
    expect(error).toContain('an empty DN or password binds as nobody');
    expect(calls).toEqual({ connect: 1 });
  });

  test('what an anonymous reader may not see is an empty answer, not an error', async () => {
    const { answer } = await ask(anonymousFor(port), (ldap) => readGroups(ldap, groupsBase, ['all']));
    expect(answer?.size).toBe(0);
  });
});

describe.each(open)('the $name directory, readable by everybody', ({ port }) => {
  test('is read without a bind', async () => {
    const { answer, calls } = await ask(anonymousFor(port), everybody);
    expect(answer).toBe(uids.length);
    expect(calls).toEqual({ connect: 1, search: 2 });
  });

  test('a connection dropped between two searches is an error, and no second connection is made', async () => {
    await behindProxy(port, async (proxy) => {
      const { error } = await ask(anonymousFor(proxy.port), async (ldap) => {
        await everybody(ldap);
        proxy.cutAll();
        return everybody(ldap);
      });
      expect(error).toMatch(DROPPED);
      expect(proxy.connections).toBe(1);
    });
  });

  test('a connection dropped before the first search is an error too', async () => {
    await behindProxy(port, async (proxy) => {
      const { error } = await ask(anonymousFor(proxy.port), async (ldap) => {
        proxy.cutAll();
        return everybody(ldap);
      });
      expect(error).toMatch(/^Error: ldap ldap:.*: search under /);
      expect(proxy.connections).toBe(1);
    });
  });
});

describe.each(guarded)('a dropped connection to the $name directory', ({ port, certificates }) => {
  const secure = { startTls: true, tlsServerName: certificateName, caCertPath: certificates.caPath };

  test.each([
    ['without TLS', 'unnoticed', {}],
    ['without TLS', 'noticed', {}],
    ['after StartTLS', 'unnoticed', secure],
    ['after StartTLS', 'noticed', secure],
  ])(
    'between two searches of a bound run is an error, %s, %s',
    async (_, when, over: Partial<LdapSettings>) => {
      const noticed = when === 'noticed';
      await behindProxy(port, async (proxy) => {
        const { error } = await ask(settingsFor(proxy.port, over), async (ldap) => {
          await everybody(ldap);
          proxy.cutAll();
          if (noticed) await pause(NOTICED_MS);
          return everybody(ldap);
        });
        expect(error).toMatch(noticed ? /search under .*: the connection is lost/ : DROPPED);
        expect(proxy.connections).toBe(1);
      });
    },
  );

  test.each([
    ['without TLS', {}],
    ['after StartTLS', secure],
  ])(
    'in the middle of an answer is an error, %s, wherever it is cut',
    async (_, over: Partial<LdapSettings>) => {
      for (const bytes of [4200, 5000, 6500]) {
        await behindProxy(port, async (proxy) => {
          const { error } = await ask(settingsFor(proxy.port, over), (ldap) => {
            proxy.cutAfterBytes = bytes;
            return everybody(ldap);
          });
          expect(error).toMatch(DROPPED);
          expect(proxy.connections).toBe(1);
        });
      }
    },
  );
});

describe.each(guarded)('the list of servers, with the $name directory on it', ({ port }) => {
  test('the first that answers serves the run', async () => {
    const servers = [at(NOBODY_LISTENS), at(port), at(NOBODY_LISTENS)];
    const { answer, calls } = await ask(settingsFor(port, { servers }), async (ldap) => [
      ldap.server,
      await everybody(ldap),
    ]);
    expect(answer).toEqual([`ldap://127.0.0.1:${port}`, uids.length]);
    expect(calls).toEqual({ connect: 2, bind: 1, search: 2 });
  });

  test('where none answers, one error says of each why', async () => {
    const servers = [at(NOBODY_LISTENS), at(port, 'ldaps')];
    const { error } = await ask(settingsFor(port, { servers }), everybody);
    expect(error).toMatch(
      /^Error: ldap: no server answers: ldap:\/\/127.0.0.1:1 \(.*ECONNREFUSED.*\); ldaps:/,
    );
  });

  test('a server that grants StartTLS and then keeps silent gives way to the next', async () => {
    await behindProxy(port, async (proxy) => {
      proxy.holdAfterChunks = 1;
      const servers = [at(proxy.port), at(NOBODY_LISTENS)];
      const { error, calls } = await ask(settingsFor(port, { servers, startTls: true }), everybody, 1200);
      expect(error).toMatch(/no server answers: .* \(no answer within \d+ ms\); ldap:\/\/127.0.0.1:1 \(/);
      expect(calls).toEqual({ connect: 2, starttls: 1 });
    });
  });
});

const onTls = (directory: TestDirectory) =>
  [
    ['StartTLS', { servers: [at(directory.port)], startTls: true }],
    ['ldaps', { servers: [at(directory.ldapsPort, 'ldaps')] }],
  ] as const;

describe.each(
  guarded.flatMap((directory) => onTls(directory).map(([way, over]) => ({ ...directory, way, over }))),
)('$way with the $name directory', ({ port, certificates: { caPath, otherCaPath }, way, over }) => {
  const attempt = (more: Partial<LdapSettings>) => ask(settingsFor(port, { ...over, ...more }), everybody);

  test.each([
    ['the name that is set', { tlsServerName: certificateName }],
    ['the address it connects to', {}],
  ])('a certificate of the own authority for %s is trusted', async (_, name) => {
    const { answer, calls } = await attempt({ caCertPath: caPath, ...name });
    expect(answer).toBe(uids.length);
    expect(calls).toEqual({ connect: 1, ...(way === 'StartTLS' && { starttls: 1 }), bind: 1, search: 2 });
  });

  test.each([
    [
      'a certificate for another name',
      { tlsServerName: 'other.sandbox.test', caCertPath: caPath },
      'altnames',
    ],
    ['a certificate for another address', { tlsServerName: '127.0.0.2', caCertPath: caPath }, 'altnames'],
    [
      'an authority that did not sign it',
      { tlsServerName: certificateName, caCertPath: otherCaPath },
      'certificate',
    ],
    ['an authority that the system does not know', { tlsServerName: certificateName }, 'certificate'],
  ])('%s is no server that answers, and nobody binds', async (_, more, why) => {
    const { error, calls } = await attempt(more);
    expect(error).toContain('no server answers');
    expect(error).toContain(why);
    expect(calls?.['bind']).toBeUndefined();
  });

  test('verification can’t be switched off by Node’s own variable', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const { error } = await attempt({ caCertPath: otherCaPath });
    vi.unstubAllEnvs();
    expect(error).toContain('no server answers');
  });

  test('a file of authorities that is missing or holds none is an error with its path, before any connection', async () => {
    const empty = join(dirname(caPath), 'empty.pem');
    await writeFile(empty, 'no certificate\n');
    for (const path of [empty, join(dirname(caPath), 'missing.pem')]) {
      const { error, calls } = await attempt({ caCertPath: path });
      expect(error).toContain(path);
      expect(calls).toEqual({});
    }
  });
});
