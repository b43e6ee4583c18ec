import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CertificateFault, makeCertificates } from '../sandbox/ldap/certificates.ts';
import { startServer } from '../sandbox/server.ts';

/** Starts a server that speaks TLS with a certificate of an authority which nobody knows, and returns its host and port. */
export async function startTlsHost(fault?: CertificateFault): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-tls-'));
  try {
    const { certificate } = await makeCertificates(folder, fault);
    const { origin } = await startServer(() => ({ status: 200, body: {} }), { certificate });
    return new URL(origin).host;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
