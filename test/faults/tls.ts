import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { type CertificateFault, makeCertificates } from '../sandbox/ldap/certificates.ts';
import { startServer } from '../sandbox/server.ts';

/** Authorities that this process trusts in addition to those of the system. */
const authorities: string[] = [];

/** Has this thread trust further authorities, in PEM. */
export const trustAuthorities = (more: readonly string[]): void =>
  setDefaultCACertificates([...getCACertificates('default'), ...more]);

/** What another thread has to trust as well. */
export const trustedAuthorities = (): readonly string[] => authorities;

/** Starts a server that speaks TLS, and returns its host and port. Nobody knows its authority, unless something else is wrong with its certificate. */
export async function startTlsHost(fault?: CertificateFault): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-tls-'));
  try {
    const { certificate, caPath } = await makeCertificates(folder, fault);
    if (fault) {
      const authority = readFileSync(caPath, 'utf8');
      authorities.push(authority);
      trustAuthorities([authority]);
    }
    const { origin } = await startServer(() => ({ status: 200, body: {} }), { certificate });
    return new URL(origin).host;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
