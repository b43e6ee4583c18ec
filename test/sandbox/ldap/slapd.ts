import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'ldapts';
import pLimit from 'p-limit';
import { normalizeDn, parseDn } from '../../../src/directories/ldap/dn.ts';
import { freePort } from '../free-port.ts';
import { type LdapCertificates, makeCertificates } from './certificates.ts';
import type { LdapBinder } from './context.ts';
import type { LdapEntry } from './entries.ts';

/** How a real slapd starts. `anonymous: 'none'` lets the unbound search and read nothing, so that they find no entry without an error. */
export interface SlapdOptions {
  readonly entries: readonly LdapEntry[];
  readonly bind?: readonly LdapBinder[];
  readonly anonymous?: 'read' | 'none';
  /** The most entries of an answer without paging; 2,048 by default. With paging there is no limit. */
  readonly sizeLimit?: number;
  /** Attributes that an access rule keeps from everybody. */
  readonly hidden?: readonly string[];
}

/** A running slapd with `ldap://` (and StartTLS) and `ldaps://` on 127.0.0.1. */
export interface Slapd {
  readonly port: number;
  readonly ldapsPort: number;
  readonly certificates: LdapCertificates;
  close(): Promise<void>;
}

const BINARY = '/usr/sbin/slapd';
const SUFFIX = 'dc=wikimedia,dc=org';
const ROOT = { dn: `cn=root,${SUFFIX}`, password: 'root' };
const READY_MS = 10_000;
// slapd disconnects a client with more than a thousand requests pending.
const ADDS_AT_ONCE = 100;

/** Whether a real slapd can be started here. */
export const hasSlapd = (): Promise<boolean> =>
  access(BINARY).then(
    () => true,
    () => false,
  );

/** Starts slapd as this user, in a folder of its own, with the suffix dc=wikimedia,dc=org. Parents of entries are made where missing. */
export async function startSlapd(options: SlapdOptions): Promise<Slapd> {
  const folder = await mkdtemp(join(tmpdir(), 'slapd-'));
  const [certificates, port, ldapsPort] = await Promise.all([
    makeCertificates(folder),
    freePort(),
    freePort(),
  ]);
  await mkdir(join(folder, 'db'));
  await writeFile(join(folder, 'slapd.conf'), configuration(folder, certificates, options));
  const urls = `ldap://127.0.0.1:${port} ldaps://127.0.0.1:${ldapsPort}`;
  const child = spawn(BINARY, ['-f', join(folder, 'slapd.conf'), '-h', urls, '-d', '0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const killed = () => child.kill('SIGKILL');
  process.on('exit', killed);
  const close = async () => {
    process.off('exit', killed);
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await load(await ready(child, port), allEntries(options));
  } catch (error) {
    await close();
    throw error;
  }
  return { port, ldapsPort, certificates, close };
}

const configuration = (
  folder: string,
  { caPath, certPath, keyPath }: LdapCertificates,
  options: SlapdOptions,
) => `
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
moduleload ppolicy
moduleload syncprov
pidfile ${folder}/slapd.pid
TLSCACertificateFile ${caPath}
TLSCertificateFile ${certPath}
TLSCertificateKeyFile ${keyPath}
access to dn.base="" by * read
database mdb
suffix "${SUFFIX}"
rootdn "${ROOT.dn}"
rootpw ${ROOT.password}
directory ${folder}/db
dbnosync
maxsize 268435456
index objectClass,uid,cn,mail,member eq
sizelimit ${options.sizeLimit ?? 2048}
limits * size.prtotal=unlimited
access to attrs=userPassword by anonymous auth
${(options.hidden ?? []).map((name) => `access to attrs=${name} by * none`).join('\n')}
access to * by users read by anonymous ${options.anonymous === 'none' ? 'search' : 'read'}
overlay memberof
overlay ppolicy
overlay syncprov
`;

async function ready(child: ChildProcess, port: number): Promise<Client> {
  let said = '';
  child.stderr?.on('data', (data: Buffer) => {
    said += data.toString();
  });
  for (let waited = 0; waited < READY_MS; waited += 5) {
    if (child.exitCode !== null) throw new Error(`slapd: ended with ${child.exitCode}: ${said}`);
    const client = new Client({ url: `ldap://127.0.0.1:${port}`, connectTimeout: 1000, timeout: 10_000 });
    const refusal = await client.bind(ROOT.dn, ROOT.password).then(() => undefined, String);
    if (refusal === undefined) return client;
    await client.unbind();
    said = said === '' ? refusal : said;
    await pause(5);
  }
  throw new Error(`slapd: not ready after ${READY_MS} ms: ${said}`);
}

/** Parents before children, and groups last, so that the memberof overlay finds the people. */
async function load(client: Client, entries: readonly LdapEntry[]): Promise<void> {
  const gate = pLimit(ADDS_AT_ONCE);
  const waves = Map.groupBy(entries, (entry) =>
    'member' in entry.attributes ? 1000 : parseDn(entry.dn).length,
  );
  try {
    for (const [, wave] of [...waves].sort(([a], [b]) => a - b))
      await Promise.all(wave.map((entry) => gate(() => client.add(entry.dn, entry.attributes))));
  } finally {
    await client.unbind();
  }
}

function allEntries({ entries, bind = [] }: SlapdOptions): readonly LdapEntry[] {
  const given = [...bind.map(binderEntry), ...entries];
  const known = new Set(given.map(({ dn }) => normalizeDn(dn)));
  const parents = new Map<string, LdapEntry>();
  for (const { dn } of given) for (const parent of parentsOf(dn)) parents.set(normalizeDn(parent.dn), parent);
  return [...[...parents].filter(([dn]) => !known.has(dn)).map(([, entry]) => entry), ...given];
}

const binderEntry = ({ dn, password }: LdapBinder): LdapEntry => ({
  dn,
  attributes: {
    objectClass: ['organizationalRole', 'simpleSecurityObject'],
    cn: parseDn(dn)[0]?.[0]?.value ?? '',
    userPassword: password,
  },
});

/** The units and domains above an entry, up to the suffix. */
function parentsOf(dn: string): readonly LdapEntry[] {
  const names = parseDn(dn).map(([part]) => part ?? { type: '', value: '' });
  const depth = parseDn(SUFFIX).length;
  return names.slice(1, names.length - depth + 1).map(({ type, value }, index) => ({
    dn: names
      .slice(index + 1)
      .map((name) => `${name.type}=${name.value}`)
      .join(','),
    attributes:
      type === 'dc'
        ? { objectClass: ['dcObject', 'organization'], dc: value, o: value }
        : { objectClass: 'organizationalUnit', ou: value },
  }));
}
