import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LdapCertificate } from './serving.ts';

/** Files in PEM. The server's certificate is for `certificateName` and 127.0.0.1; `otherCaPath` is an authority that has not signed it. */
export interface LdapCertificates {
  readonly caPath: string;
  readonly otherCaPath: string;
  readonly certPath: string;
  readonly keyPath: string;
  readonly certificate: LdapCertificate;
}

interface Party {
  readonly name: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export const certificateName = 'ldap.sandbox.test';

// DER, RFC 5280: tags, and object identifiers in their encoded form.
const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OID = 0x06;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const COMMON_NAME = '550403';
const BASIC_CONSTRAINTS = '551d13';
const SUBJECT_ALT_NAME = '551d11';
const ECDSA_WITH_SHA256 = '2a8648ce3d040302';
const TRUE = Buffer.from([0x01, 0x01, 0xff]);
const LOOPBACK = Buffer.from([127, 0, 0, 1]);
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** What is wrong with a server's certificate: its time is over, or it is for another host alone. */
export type CertificateFault = 'expired' | 'other-name';

/** Makes an authority, another authority, and a server's certificate in a folder, good for two days. Needs no openssl. */
export async function makeCertificates(folder: string, fault?: CertificateFault): Promise<LdapCertificates> {
  const at = (name: string) => join(folder, name);
  // Authorities of one process have names of their own: OpenSSL finds an issuer by its name.
  const [ca, other, server] = [
    party(`Sandbox CA ${fault ?? ''}`.trim()),
    party('Other CA'),
    party(certificateName),
  ];
  const key = server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const end = fault === 'expired' ? Date.now() - HOUR_MS : Date.now() + DAY_MS;
  const cert = issue(server, ca, { extensions: serverExtensions(fault), end });
  const authority = (one: Party) =>
    issue(one, one, { extensions: authorityExtensions(), end: Date.now() + DAY_MS });
  await writeFile(at('ca.pem'), authority(ca));
  await writeFile(at('other-ca.pem'), authority(other));
  await writeFile(at('server.pem'), cert);
  await writeFile(at('server.key'), key, { mode: 0o600 });
  return {
    caPath: at('ca.pem'),
    otherCaPath: at('other-ca.pem'),
    certPath: at('server.pem'),
    keyPath: at('server.key'),
    certificate: { key, cert },
  };
}

const party = (name: string): Party => ({ name, ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) });

interface Terms {
  readonly extensions: Buffer;
  /** The end of its time, in milliseconds since 1970; it began two days before. */
  readonly end: number;
}

function issue(subject: Party, issuer: Party, { extensions, end }: Terms): string {
  const algorithm = der(SEQUENCE, oid(ECDSA_WITH_SHA256));
  const signed = der(
    SEQUENCE,
    der(0xa0, der(INTEGER, Buffer.from([2]))),
    der(INTEGER, Buffer.from([1, ...Buffer.from(subject.name).subarray(0, 8)])),
    algorithm,
    nameOf(issuer),
    der(SEQUENCE, utcTime(end - 2 * DAY_MS), utcTime(end)),
    nameOf(subject),
    subject.publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(SEQUENCE, extensions)),
  );
  const signature = sign('sha256', signed, issuer.privateKey);
  const whole = der(SEQUENCE, signed, algorithm, der(BIT_STRING, Buffer.from([0]), signature));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

const authorityExtensions = () =>
  der(SEQUENCE, oid(BASIC_CONSTRAINTS), TRUE, der(OCTET_STRING, der(SEQUENCE, TRUE)));

function serverExtensions(fault: CertificateFault | undefined): Buffer {
  const name = (text: string) => der(0x82, Buffer.from(text));
  const names =
    fault === 'other-name' ? [name('elsewhere.sandbox.test')] : [name(certificateName), der(0x87, LOOPBACK)];
  return der(SEQUENCE, oid(SUBJECT_ALT_NAME), der(OCTET_STRING, der(SEQUENCE, ...names)));
}

const nameOf = ({ name }: Party) =>
  der(SEQUENCE, der(SET, der(SEQUENCE, oid(COMMON_NAME), der(UTF8_STRING, Buffer.from(name)))));

const oid = (encoded: string) => der(OID, Buffer.from(encoded, 'hex'));

const utcTime = (ms: number) =>
  der(
    UTC_TIME,
    Buffer.from(
      `${new Date(ms)
        .toISOString()
        .replaceAll(/[-:T]|\.\d+/g, '')
        .slice(2)}`,
    ),
  );

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content.length)]), content]);
}

function lengthOf(length: number): readonly number[] {
  if (length < 0x80) return [length];
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
}
