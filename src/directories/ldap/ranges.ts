import { attributeKey } from './entry.ts';
import type { LdapAttribute, LdapEntry } from './response.ts';

/** The entry with all values of each attribute. Active Directory answers a long attribute in parts, beside an empty attribute of the plain name (MS-ADTS, 3.1.1.3.1.3.3). */
export async function withAllRanges(entry: LdapEntry, read: ReadAttribute): Promise<LdapEntry> {
  const ranged = entry.attributes.filter(({ name }) => HAS_RANGE.test(name));
  if (ranged.length === 0) return entry;
  const attributes = entry.attributes.filter((attribute) => !ranged.includes(attribute));
  for (const attribute of ranged) {
    const name = attributeKey(attribute.name);
    attributes.push({ name, values: await readRange(entry, attribute, read) });
  }
  return { dn: entry.dn, attributes };
}

/** Reads one attribute of the entry at a DN. */
export type ReadAttribute = (dn: string, attribute: string) => Promise<readonly LdapEntry[]>;

type Value = string | Buffer;

/** One part of an attribute; `last` is undefined in the final part. */
interface Part {
  readonly key: string;
  readonly first: number;
  readonly last: number | undefined;
  readonly values: readonly Value[];
}

const RANGED = /^([^;]+);range=(\d+)-(\d+|\*)$/i;
/** Matches also a malformed range, which would otherwise be taken for an attribute of another name. */
const HAS_RANGE = /;range(?:[=;]|$)/i;

async function readRange(
  entry: LdapEntry,
  attribute: LdapAttribute,
  read: ReadAttribute,
): Promise<readonly Value[]> {
  const values: Value[] = [];
  let part = partIn(attribute);
  for (;;) {
    const full = part.last === undefined || part.values.length === part.last - part.first + 1;
    if (part.first !== values.length || !full || part.values.length === 0)
      throw new Error(
        `${malformed(entry, attribute.name)} (found ${part.values.length} values as ${part.key} after ${values.length})`,
      );
    values.push(...part.values);
    if (part.last === undefined) return values;
    part = await nextPart(entry, `${attributeKey(attribute.name)};range=${values.length}-*`, read);
  }
}

async function nextPart(entry: LdapEntry, wanted: string, read: ReadAttribute): Promise<Part> {
  const [answer, ...others] = await read(entry.dn, wanted);
  const isPart = ({ name }: LdapAttribute) =>
    RANGED.test(name) && attributeKey(name) === attributeKey(wanted);
  const attribute = answer?.attributes.find(isPart);
  if (!attribute || others.length > 0) throw new Error(malformed(entry, wanted));
  return partIn(attribute);
}

function partIn({ name, values }: LdapAttribute): Part {
  const [, , first, last] = RANGED.exec(name) ?? [];
  return { key: name, first: Number(first), last: last === '*' ? undefined : Number(last), values };
}

const malformed = (entry: LdapEntry, key: string) =>
  `ldap: ${entry.dn}: the server's answer to ${key} makes no sense`;
