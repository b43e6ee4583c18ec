/** Decodes BER, the encoding of LDAP messages: elements with a tag, a length and a content. */

/** One BER element: its tag, and where its content begins and ends in the bytes. */
export interface BerElement {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

/** The tags of universal types that LDAP uses. */
export const BER = {
  integer: 0x02,
  octetString: 0x04,
  boolean: 0x01,
  enumerated: 0x0a,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The error for bytes that are not BER as LDAP uses it: a length that does not fit, or a wrong tag. */
export class MalformedBerError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MalformedBerError';
  }
}

/** The header of the element at `at`: its tag and the length of its content. Undefined where more bytes are needed for it. */
export function headerAt(
  bytes: Buffer,
  at: number,
): { readonly tag: number; readonly start: number; readonly length: number } | undefined {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined) return undefined;
  if (first < 0x80) return { tag, start: at + 2, length: first };
  const octets = first - 0x80;
  if (octets === 0 || octets > 4)
    throw new MalformedBerError(`a length of ${octets} octets at byte ${at + 1} (allowed 1 to 4)`);
  const start = at + 2 + octets;
  return start > bytes.length ? undefined : { tag, start, length: bytes.readUIntBE(at + 2, octets) };
}

/** The element at `at`, which has to end at `limit` or before. */
export function elementAt(bytes: Buffer, at: number, limit: number): BerElement {
  const header = headerAt(bytes, at);
  if (!header || header.start + header.length > limit)
    throw new MalformedBerError(
      `the element at byte ${at} ends after the one that it is in (found ${header?.length ?? 'no'} bytes, allowed ${limit - at})`,
    );
  return { tag: header.tag, start: header.start, end: header.start + header.length };
}

/** The elements inside another one. Together they have exactly its length. */
export function childrenOf(bytes: Buffer, { start, end }: Pick<BerElement, 'start' | 'end'>): BerElement[] {
  const children: BerElement[] = [];
  for (let at = start; at < end; ) {
    const child = elementAt(bytes, at, end);
    children.push(child);
    at = child.end;
  }
  return children;
}

/** The element itself. Throws where it is missing or has another tag. */
export function expectTag(element: BerElement | undefined, tag: number): BerElement {
  if (element?.tag === tag) return element;
  const found = element ? `0x${element.tag.toString(16)} at byte ${element.start}` : 'nothing';
  throw new MalformedBerError(`an element of another kind (found ${found}, allowed 0x${tag.toString(16)})`);
}

/** A whole number of at most four bytes. */
export function integerIn(bytes: Buffer, element: BerElement | undefined, tag: number = BER.integer): number {
  const { start, end } = expectTag(element, tag);
  if (end - start < 1 || end - start > 4)
    throw new MalformedBerError(`a number of ${end - start} bytes at byte ${start} (allowed 1 to 4)`);
  return bytes.readIntBE(start, end - start);
}

/**
 * The bytes of an octet string. One wrong bit in its length can make it include the strings after it, while all other lengths stay
 * right. So a value that ends with a whole octet string is refused.
 */
export function octetsIn(bytes: Buffer, element: BerElement | undefined): Buffer {
  const { start, end } = expectTag(element, BER.octetString);
  const value = bytes.subarray(start, end);
  if (endsInOctetString(value))
    throw new MalformedBerError(`the string at byte ${start} contains the ones after it`);
  return value;
}

function endsInOctetString(value: Buffer): boolean {
  for (let at = value.indexOf(BER.octetString); at >= 0; at = value.indexOf(BER.octetString, at + 1)) {
    const first = value[at + 1] ?? 0xff;
    if (first === 0x80 || first > 0x84) continue;
    const header = headerAt(value, at);
    if (header && header.start + header.length === value.length) return true;
  }
  return false;
}
