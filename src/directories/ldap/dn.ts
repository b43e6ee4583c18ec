/** Parses distinguished names (RFC 4514), and gives all spellings of one DN the same form. */

import { nameKey } from '../same-name.ts';

/** One `type=value` of a DN; the value is unescaped. */
export interface DnPart {
  readonly type: string;
  readonly value: string;
}

/** A relative distinguished name: one part, or several joined by `+`. */
export type Rdn = readonly DnPart[];

const TYPE = / *((?:oid\.)?\d+(?:\.\d+)+|[a-z][a-z0-9-]*) *= */iy;
const QUOTED = /"((?:[^"\\]|\\.)*)"/suy;
const HEX = /#((?:[0-9a-f]{2})+)/iy;
const PLAIN = /(?:\\.|[^"+,;<>\\\0])*/suy;
const PIECE = /\\([0-9a-f]{2})|\\(.)|(.)/gisu;
const SEPARATOR = / *([,+]|$)/y;
const TEXT_TAGS = new Set([0x04, 0x0c, 0x13, 0x16]);
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const ESCAPABLE = /["+,;<>#= \\]/;

/** A DN whose spellings differ only in case: short names, and values without escapes and with single spaces inside. */
const PLAIN_DN =
  /^(uid|cn|ou|o|dc)=([\w.@-]+(?: [\w.@-]+)*)(?:,(?:uid|cn|ou|o|dc)=[\w.@-]+(?: [\w.@-]+)*)*$/i;

/** The short names of the attribute types that DNs are made of here (RFC 4519, RFC 4512). */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  '0.9.2342.19200300.100.1.1': 'uid',
  userid: 'uid',
  '2.5.4.3': 'cn',
  commonname: 'cn',
  '2.5.4.11': 'ou',
  organizationalunitname: 'ou',
  '2.5.4.10': 'o',
  organizationname: 'o',
  '0.9.2342.19200300.100.1.25': 'dc',
  domaincomponent: 'dc',
};

/** Reads a DN (RFC 4514, and the quoted values of RFC 2253), nearest name first. The empty DN has no names; throws on anything else. */
export function parseDn(dn: string): readonly Rdn[] {
  const rdns: DnPart[][] = [];
  if (dn.trim() === '') return rdns;
  let rdn: DnPart[] = [];
  for (let at = 0; ; ) {
    const type = matchAt(TYPE, dn, at);
    if (!type) throw unreadable(dn, at, 'a name and =');
    const value = readValue(dn, at + type[0].length);
    rdn.push({ type: shortName(type[1] ?? ''), value: value.text });
    const separator = matchAt(SEPARATOR, dn, value.end);
    if (!separator) throw unreadable(dn, value.end, 'a comma or +');
    at = value.end + separator[0].length;
    if (separator[1] === '+') continue;
    rdns.push(rdn);
    rdn = [];
    if (separator[1] === '') return rdns;
  }
}

/** The normal form of a DN: the same text for every spelling by case, spaces, escapes and order inside a multi-valued RDN. */
export function normalizeDn(dn: string): string {
  return PLAIN_DN.test(dn) ? dn.toLowerCase() : normalNames(dn).join(',');
}

/** A DN's normal form and its nearest name, read once. */
export function readDn(dn: string): { readonly key: string; readonly name: DnPart | undefined } {
  const [, type, value] = PLAIN_DN.exec(dn) ?? [];
  if (type !== undefined && value !== undefined)
    return { key: dn.toLowerCase(), name: { type: type.toLowerCase(), value } };
  const rdns = parseDn(dn);
  return { key: rdns.map(normalRdn).join(','), name: rdns[0]?.[0] };
}

/** Whether a DN is below the base, at any depth. The base itself is not. */
export function isUnder(dn: string, base: string): boolean {
  const names = normalNames(dn);
  const end = normalNames(base);
  const more = names.length - end.length;
  return more > 0 && end.every((name, index) => name === names[more + index]);
}

const normalNames = (dn: string) => parseDn(dn).map(normalRdn);

const normalRdn = (rdn: Rdn) =>
  rdn
    .map(({ type, value }) => `${type}=${escaped(nameKey(value))}`)
    .sort()
    .join('+');

const escaped = (value: string) => value.replaceAll(/["+,;<>\\=#\0]/g, (char) => `\\${hexOf(char)}`);

const hexOf = (char: string) => char.charCodeAt(0).toString(16).padStart(2, '0');

function shortName(type: string): string {
  const name = type.toLowerCase().replace(/^oid\./, '');
  return SHORT_NAMES[name] ?? name;
}

interface Value {
  readonly text: string;
  readonly end: number;
}

function readValue(dn: string, at: number): Value {
  const quoted = matchAt(QUOTED, dn, at);
  if (quoted) return { text: unescaped(dn, quoted[1] ?? ''), end: at + quoted[0].length };
  const hex = matchAt(HEX, dn, at);
  if (hex) return { text: fromBer(dn, Buffer.from(hex[1] ?? '', 'hex')), end: at + hex[0].length };
  if (dn[at] === '#') throw unreadable(dn, at, 'pairs of hexadecimal digits');
  const plain = matchAt(PLAIN, dn, at)?.[0] ?? '';
  if (!plain.includes('\\')) return { text: plain.replace(/ +$/, ''), end: at + plain.length };
  return { text: unescaped(dn, withoutTail(plain)), end: at + plain.length };
}

/** Trailing spaces do not belong to a value unless escaped. */
function withoutTail(plain: string): string {
  const pieces = [...plain.matchAll(PIECE)].map(([piece]) => piece);
  while (pieces.at(-1) === ' ') pieces.pop();
  return pieces.join('');
}

/** Hex pairs are bytes of UTF-8, so several of them can be one character. */
function unescaped(dn: string, raw: string): string {
  const bytes = [...raw.matchAll(PIECE)].map(([piece, hex, char, plain]) => {
    if (hex !== undefined) return Buffer.from(hex, 'hex');
    if (char !== undefined && !ESCAPABLE.test(char))
      throw unreadable(dn, dn.indexOf(piece), 'a known escape');
    return Buffer.from(char ?? plain ?? '');
  });
  return fromUtf8(dn, Buffer.concat(bytes));
}

/** `#04…`: a value in BER, of one of the kinds that hold text. */
function fromBer(dn: string, ber: Buffer): string {
  const [tag = 0, length = 0] = ber;
  const text = ber.subarray(2);
  if (!TEXT_TAGS.has(tag) || ber.length < 2 || length > 127 || length !== text.length)
    throw new Error(
      `DN ${JSON.stringify(dn)}: #${ber.toString('hex')} is no text (allowed: up to 127 bytes, tags 04, 0c, 13, 16)`,
    );
  return fromUtf8(dn, text);
}

function fromUtf8(dn: string, bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch (error) {
    throw new Error(`DN ${JSON.stringify(dn)}: a value is not UTF-8`, { cause: error });
  }
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

const unreadable = (dn: string, at: number, allowed: string) =>
  new Error(
    `DN ${JSON.stringify(dn)}: can't be read from character ${at + 1} on (allowed there: ${allowed})`,
  );
