/** Decodes the messages that an LDAP server sends. */

import { isUtf8 } from 'node:buffer';
import { PagedResultsControl, ProtocolOperation } from 'ldapts';
import {
  BER,
  type BerElement,
  childrenOf,
  elementAt,
  expectTag,
  integerIn,
  MalformedBerError,
  octetsIn,
} from './decode-ber.ts';

/** An attribute as the server names it, options included. A value that is not UTF-8 stays bytes. */
export interface LdapAttribute {
  readonly name: string;
  readonly values: readonly (string | Buffer)[];
}

/** One entry of a search's answer. */
export interface LdapEntry {
  readonly dn: string;
  readonly attributes: readonly LdapAttribute[];
}

/** The message that ends an operation. `operation` is the tag of the answer; a cookie that is not empty says that there are more pages. */
export interface LdapResult {
  readonly kind: 'result';
  readonly operation: number;
  readonly code: number;
  readonly matchedDn: string;
  readonly diagnostic: string;
  readonly cookie: Buffer | undefined;
}

/** One message from a server. `id` is the number of the request that it answers; 0 is the server's own. */
export type LdapResponse = { readonly id: number } & (
  | { readonly kind: 'entry'; readonly entry: LdapEntry }
  | { readonly kind: 'reference'; readonly urls: readonly string[] }
  | LdapResult
);

const CONTROLS = ProtocolOperation.LDAP_CONTROLS;
const REFERRALS = 0xa3;
/** The elements that may follow the common result: SASL credentials, and the name and value of an extended answer. */
const AFTER_RESULT = new Set([0x87, 0x8a, 0x8b]);
const RESULTS: ReadonlySet<number> = new Set([
  ProtocolOperation.LDAP_RES_BIND,
  ProtocolOperation.LDAP_RES_SEARCH,
  ProtocolOperation.LDAP_RES_EXTENSION,
]);
const ATTRIBUTE_NAME = /^[a-z0-9][a-z0-9._-]*(?:;[a-z0-9=*._-]+)*$/i;
const OID = /^\d+(?:\.\d+)*$/;

/**
 * Reads one whole message (RFC 4511, section 4.1.1), each element once. Every length, nested ones too, has to fill the element
 * around it exactly, and every element has to be of the kind that belongs there: else it throws `MalformedBerError`.
 */
export function readResponse(bytes: Buffer): LdapResponse {
  const message = expectTag(elementAt(bytes, 0, bytes.length), BER.sequence);
  const [idElement, operation, controls, ...others] = childrenOf(bytes, message);
  if (!operation || message.end !== bytes.length || others.length > 0)
    throw new MalformedBerError('a message that is not a number, an operation and controls');
  const cookie = controls ? cookieIn(bytes, expectTag(controls, CONTROLS)) : undefined;
  return { id: integerIn(bytes, idElement), ...operationIn(bytes, operation, cookie) };
}

function operationIn(bytes: Buffer, operation: BerElement, cookie: Buffer | undefined) {
  if (operation.tag === ProtocolOperation.LDAP_RES_SEARCH_ENTRY)
    return { kind: 'entry' as const, entry: entryIn(bytes, operation) };
  const parts = childrenOf(bytes, operation);
  if (operation.tag === ProtocolOperation.LDAP_RES_SEARCH_REF)
    return { kind: 'reference' as const, urls: parts.map((part) => textIn(bytes, part)) };
  if (!RESULTS.has(operation.tag))
    throw new MalformedBerError(`an operation that nobody asked for (found 0x${operation.tag.toString(16)})`);
  const [code, matchedDn, diagnostic, ...more] = parts;
  for (const part of more) {
    if (part.tag === REFERRALS) for (const url of childrenOf(bytes, part)) octetsIn(bytes, url);
    else if (!AFTER_RESULT.has(part.tag)) throw new MalformedBerError('an element that belongs to no result');
  }
  return {
    kind: 'result' as const,
    operation: operation.tag,
    code: integerIn(bytes, code, BER.enumerated),
    matchedDn: textIn(bytes, matchedDn),
    diagnostic: textIn(bytes, diagnostic),
    cookie,
  };
}

function entryIn(bytes: Buffer, operation: BerElement): LdapEntry {
  const [dn, list, ...others] = childrenOf(bytes, operation);
  if (others.length > 0) throw new MalformedBerError('an entry that is not a DN and attributes');
  const attributes = childrenOf(bytes, expectTag(list, BER.sequence));
  return { dn: textIn(bytes, dn), attributes: attributes.map((attribute) => attributeIn(bytes, attribute)) };
}

function attributeIn(bytes: Buffer, attribute: BerElement): LdapAttribute {
  const [type, set, ...others] = childrenOf(bytes, expectTag(attribute, BER.sequence));
  const name = textIn(bytes, type);
  if (others.length > 0 || !ATTRIBUTE_NAME.test(name))
    throw new MalformedBerError(`an attribute that is not a name and values at byte ${attribute.start}`);
  const values = childrenOf(bytes, expectTag(set, BER.set)).map((value) => valueIn(bytes, value));
  return { name, values };
}

function valueIn(bytes: Buffer, element: BerElement): string | Buffer {
  const value = octetsIn(bytes, element);
  return isUtf8(value) ? value.toString() : value;
}

/** Text in which a byte that is not UTF-8 is shown as U+FFFD. */
const textIn = (bytes: Buffer, element: BerElement | undefined): string =>
  octetsIn(bytes, element).toString();

/** The cookie of the paged results control (RFC 2696), where there is one. */
function cookieIn(bytes: Buffer, controls: BerElement): Buffer | undefined {
  let cookie: Buffer | undefined;
  for (const control of childrenOf(bytes, controls)) {
    const [type, ...parts] = childrenOf(bytes, expectTag(control, BER.sequence));
    const oid = textIn(bytes, type);
    const [flag] = parts;
    const isFlagged = flag?.tag === BER.boolean && flag.end - flag.start === 1;
    const [value, ...others] = isFlagged ? parts.slice(1) : parts;
    if (!OID.test(oid) || others.length > 0)
      throw new MalformedBerError('a control that is not a number, a flag and a value');
    if (value) expectTag(value, BER.octetString);
    if (oid === PagedResultsControl.type) cookie = pagingCookieIn(bytes, value);
  }
  return cookie;
}

function pagingCookieIn(bytes: Buffer, value: BerElement | undefined): Buffer {
  const { start, end } = expectTag(value, BER.octetString);
  const sequence = expectTag(elementAt(bytes, start, end), BER.sequence);
  const [size, cookie, ...others] = childrenOf(bytes, sequence);
  integerIn(bytes, size);
  const { start: first, end: last } = expectTag(cookie, BER.octetString);
  if (sequence.end !== end || others.length > 0)
    throw new MalformedBerError('a paged results control that is not a size and a cookie');
  return bytes.subarray(first, last);
}
