import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLdapServer } from './ldap.ts';
import { type LdapCertificates, makeCertificates } from './ldap-certificates.ts';
import { hasSlapd, type SlapdOptions, startSlapd } from './slapd.ts';

/** A directory under test, embedded or real: `ldap://` with StartTLS on `port`, `ldaps://` on `ldapsPort`. */
export interface TestDirectory {
  readonly port: number;
  readonly ldapsPort: number;
  readonly certificates: LdapCertificates;
  close(): Promise<void>;
}

/** A kind of directory. `missing` says why it can't be started here. */
export interface DirectoryKind {
  readonly name: 'embedded' | 'slapd';
  readonly missing: string | undefined;
  readonly start: (options: SlapdOptions) => Promise<TestDirectory>;
}

/** Both kinds. A missing slapd is a failure on CI and elsewhere a reason to skip. */
export async function directoryKinds(): Promise<readonly DirectoryKind[]> {
  const real = await hasSlapd();
  if (!real && process.env['CI']) throw new Error('slapd is not installed, and on CI it has to be');
  return [
    { name: 'embedded', missing: undefined, start: startEmbedded },
    { name: 'slapd', missing: real ? undefined : 'slapd is not installed here', start: startSlapd },
  ];
}

async function startEmbedded(options: SlapdOptions): Promise<TestDirectory> {
  const folder = await mkdtemp(join(tmpdir(), 'ldap-'));
  const certificates = await makeCertificates(folder);
  const { certificate } = certificates;
  const [plain, secure] = await Promise.all([
    startLdapServer({ ...options, certificate }),
    startLdapServer({ ...options, certificate, ldaps: true }),
  ]);
  const close = async () => {
    await Promise.all([plain.close(), secure.close(), rm(folder, { recursive: true, force: true })]);
  };
  return { port: plain.port, ldapsPort: secure.port, certificates, close };
}
