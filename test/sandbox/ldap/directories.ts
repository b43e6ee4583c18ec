import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LdapCertificates, makeCertificates } from './certificates.ts';
import { startLdapServer } from './server.ts';
import { hasSlapd, type SlapdOptions, startSlapd } from './slapd.ts';

/** A directory under test, embedded or real: `ldap://` with StartTLS on `port`, `ldaps://` on `ldapsPort`. */
export interface TestDirectory {
  readonly name: 'embedded' | 'slapd';
  readonly port: number;
  readonly ldapsPort: number;
  readonly certificates: LdapCertificates;
  close(): Promise<void>;
}

/** Says why slapd is not among the directories, where it is not. On CI that is an error. */
export async function slapdMissing(): Promise<string | undefined> {
  if (await hasSlapd()) return undefined;
  if (process.env['CI']) throw new Error('slapd is not installed, and on CI it has to be');
  return 'slapd is not installed here: only the embedded directory is tested';
}

/** The same entries in the embedded directory and, where it is installed, in a real slapd. */
export async function startDirectories(options: SlapdOptions): Promise<readonly TestDirectory[]> {
  const real = async () => ({ name: 'slapd' as const, ...(await startSlapd(options)) });
  const missing = await slapdMissing();
  return Promise.all(missing === undefined ? [startEmbedded(options), real()] : [startEmbedded(options)]);
}

/** Two minutes before anybody asks, say. */
const CONTEXT_CSN = '20260601115800.123456Z#000000#001#000000';

async function startEmbedded(options: SlapdOptions): Promise<TestDirectory> {
  const folder = await mkdtemp(join(tmpdir(), 'ldap-'));
  const certificates = await makeCertificates(folder);
  const { certificate } = certificates;
  const { hidden = [], ...others } = options;
  const given = { ...others, faults: { hidden }, contextCsn: CONTEXT_CSN };
  const [plain, secure] = await Promise.all([
    startLdapServer({ ...given, certificate }),
    startLdapServer({ ...given, certificate, ldaps: true }),
  ]);
  const close = async () => {
    await Promise.all([plain.close(), secure.close(), rm(folder, { recursive: true, force: true })]);
  };
  return { name: 'embedded', port: plain.port, ldapsPort: secure.port, certificates, close };
}
