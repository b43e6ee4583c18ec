import { startTlsHost } from './tls.ts';

/** An address at which nobody answers as should be. `says` is the cause in the words of a message. */
export interface AddressFault {
  readonly name: string;
  readonly whole: boolean;
  readonly stalls: boolean;
  readonly says: RegExp;
  address(given: string): string;
}

const withHost = (address: string, host: string) =>
  address.replace(/(?<=^(?:https?|ldaps?):\/\/)[^/]+/, host);
const withTls = (address: string) => address.replace(/^(http|ldap):/, '$1s:');

/** One host for each certificate, as long as the process. One after the other: each may add its authority to those of the process. */
const unknownCa = await startTlsHost();
const expired = await startTlsHost('expired');
const otherName = await startTlsHost('other-name');
const tlsTo = (host: string) => (given: string) => withHost(withTls(given), host);

/** Every way in which an address fails, for HTTP and for LDAP. */
export const ADDRESS_FAULTS: readonly AddressFault[] = [
  {
    name: 'refused connection',
    says: /ECONNREFUSED/,
    address: (given: string) => withHost(given, '127.0.0.1:1'),
  },
  {
    name: 'a name that does not exist',
    says: /ENOTFOUND|EAI_AGAIN/,
    address: (given: string) => withHost(given, 'nowhere.invalid'),
  },
  {
    name: 'TLS to a server without TLS',
    says: /SSL|TLS|EPROTO|packet|ECONNRESET|disconnected|closed/i,
    address: withTls,
  },
  { name: 'TLS with an unknown authority', says: /verify|self.signed|issuer/i, address: tlsTo(unknownCa) },
  { name: 'TLS with an expired certificate', says: /expired/i, address: tlsTo(expired) },
  { name: 'TLS with another name', says: /altname|does not match/i, address: tlsTo(otherName) },
  {
    name: 'an address that never answers',
    // Where the network says at once that there is no way, it is refused or unreachable.
    says: /time|deadline|no answer|within|ECONNREFUSED|ENETUNREACH|EHOSTUNREACH/i,
    address: (given: string) => withHost(given, '192.0.2.1'),
    stalls: true,
  },
].map((fault) => ({ whole: false, stalls: false, ...fault }));
