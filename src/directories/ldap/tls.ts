/** TLS for LDAP connections, always verified. */

import { readFile } from 'node:fs/promises';
import { isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect, getCACertificates, type TLSSocket } from 'node:tls';
import { messageOf } from '../../platform/errors.ts';

/** The authorities to trust, and the expected name of the server. */
export interface LdapTls {
  /** Certificates of authorities, PEM. */
  readonly trusted: readonly string[];
  /** The host name or IP address that has to be in the server's certificate. */
  readonly certificateName: string;
  readonly startTls: boolean;
}

/** The authorities in a PEM file, or those of the system and of Node where no file is named. Errors name the file. */
export async function readTrusted(path: string | undefined): Promise<readonly string[]> {
  if (path === undefined)
    return [...new Set([...getCACertificates('default'), ...getCACertificates('system')])];
  const pem = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new Error(`ldap: the CA certificates can't be read (${path}): ${messageOf(error)}`);
  });
  if (!pem.includes('-----BEGIN CERTIFICATE-----'))
    throw new Error(`ldap: the CA file holds no certificate in PEM form (${path})`);
  return [pem];
}

/** Begins TLS on a connected socket: verified, 1.2 at least. The caller waits for `secureConnect` and sets the time limit. */
export function beginTls(socket: Socket, tls: LdapTls): TLSSocket {
  const options: ConnectionOptions = {
    socket,
    ca: [...tls.trusted],
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
  };
  // An address is no server name in TLS (RFC 6066, section 3); Node verifies it through `host`.
  return connect({
    ...options,
    ...(isIP(tls.certificateName) ? { host: tls.certificateName } : { servername: tls.certificateName }),
  });
}
