import { normalizeDn } from '../../../src/directories/ldap/dn.ts';
import { type LdapEntry, matchableValues, matchingForm } from './entries.ts';

/** `(attribute:rule:=value)`. */
interface Rule {
  readonly rule: string;
  readonly attribute: string;
  readonly value: string;
}

const BIT_AND = '1.2.840.113556.1.4.803';
const BIT_OR = '1.2.840.113556.1.4.804';
const IN_CHAIN = '1.2.840.113556.1.4.1941';

/**
 * Active Directory's matching rules: all bits or some bit of a number, and DNs followed to the end. `memberOf` in chain finds who is
 * in a group or in a group inside it; `member` in chain finds the groups above somebody. Another rule matches nothing, as there.
 */
export function ruleMatcher({ rule, attribute, value }: Rule, directory: readonly LdapEntry[]) {
  const name = attribute.toLowerCase();
  if (rule === BIT_AND || rule === BIT_OR) {
    const mask = BigInt(value);
    const isSet = (bits: bigint) => (rule === BIT_AND ? bits === mask : bits !== 0n);
    return (entry: LdapEntry) =>
      matchableValues(entry, name).some((found) => /^-?\d+$/.test(found) && isSet(BigInt(found) & mask));
  }
  if (rule !== IN_CHAIN) return () => false;
  const start = matchingForm('member', value);
  const found = name === 'memberof' ? membersInChain(start, directory) : groupsInChain(start, directory);
  return (entry: LdapEntry) => found.has(normalizeDn(entry.dn));
}

function membersInChain(group: string, directory: readonly LdapEntry[]): ReadonlySet<string> {
  const members = new Map(
    directory.map((entry) => [normalizeDn(entry.dn), matchableValues(entry, 'member')]),
  );
  return reached(group, (dn) => members.get(dn) ?? []);
}

function groupsInChain(member: string, directory: readonly LdapEntry[]): ReadonlySet<string> {
  const edges = directory.flatMap((entry) =>
    matchableValues(entry, 'member').map((dn) => ({ dn, group: normalizeDn(entry.dn) })),
  );
  const groups = Map.groupBy(edges, ({ dn }) => dn);
  return reached(member, (dn) => (groups.get(dn) ?? []).map(({ group }) => group));
}

function reached(start: string, next: (dn: string) => readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [start];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const dn of next(at)) {
      if (found.has(dn)) continue;
      found.add(dn);
      open.push(dn);
    }
  }
  return found;
}
