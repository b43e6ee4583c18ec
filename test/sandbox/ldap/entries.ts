import { normalizeDn } from '../../../src/directories/ldap/dn.ts';

/** An entry as both the embedded server and slapd can load it. */
export interface LdapEntry {
  dn: string;
  attributes: Record<string, string | string[]>;
}

/** An attribute as it travels: the name as the server spells it. */
export interface LdapAttribute {
  readonly name: string;
  readonly values: readonly string[];
}

export type LdapScope = 'base' | 'one' | 'sub';

/** Sent only when asked for by name or by `+`. */
const OPERATIONAL = new Set([
  'pwdpolicysubentry',
  'pwdaccountlockedtime',
  'memberof',
  'entryuuid',
  'contextcsn',
  'namingcontexts',
  'supportedldapversion',
  'supportedcontrol',
  'supportedextension',
]);
const DN_VALUED = new Set(['member', 'memberof', 'pwdpolicysubentry', 'uniquemember', 'owner', 'manager']);
const SUPERIOR: Readonly<Record<string, string>> = {
  inetorgperson: 'organizationalperson',
  organizationalperson: 'person',
};

const attributesOf = (entry: LdapEntry): readonly LdapAttribute[] =>
  Object.entries(entry.attributes).map(([name, value]) => ({
    name,
    values: typeof value === 'string' ? [value] : value,
  }));

/** Whether a name is that of an attribute, or of it with options after it: `mail;lang-en` belongs to `mail`. */
const belongsTo = (name: string, attribute: string): boolean => {
  const own = name.toLowerCase();
  return own === attribute || own.startsWith(`${attribute};`);
};

/** Every value of an attribute in matching form, those under names with options too; an object class brings its superiors. */
export function matchableValues(entry: LdapEntry, attribute: string): readonly string[] {
  const name = attribute.toLowerCase();
  const normal = Object.entries(entry.attributes)
    .filter(([key]) => belongsTo(key, name))
    .flatMap(([, value]) => value)
    .map((value) => matchingForm(name, value));
  return name === 'objectclass' ? normal.flatMap(withSuperiors) : normal;
}

/** One spelling for all values that a directory takes for the same. Throws on a DN that is none. */
export function matchingForm(attribute: string, value: string): string {
  if (DN_VALUED.has(attribute.toLowerCase())) return normalizeDn(value);
  return value.normalize('NFC').toLowerCase().trim().replaceAll(/ +/g, ' ');
}

function withSuperiors(objectClass: string): readonly string[] {
  const superior = SUPERIOR[objectClass];
  return superior === undefined ? [objectClass] : [objectClass, ...withSuperiors(superior)];
}

/** The entries in scope, or undefined where nothing is at the base or below it. */
export function inScope(
  entries: readonly LdapEntry[],
  base: string,
  scope: LdapScope,
): readonly LdapEntry[] | undefined {
  const top = normalizeDn(base);
  const below = `,${top}`;
  const placed = entries.map((entry) => ({ entry, dn: normalizeDn(entry.dn) }));
  const atOrBelow = placed.filter(({ dn }) => dn === top || dn.endsWith(below));
  if (atOrBelow.length === 0) return undefined;
  return atOrBelow.filter(({ dn }) => isInScope(dn, top, scope)).map(({ entry }) => entry);
}

/** Normal DNs hold a comma between two names only. */
function isInScope(dn: string, top: string, scope: LdapScope): boolean {
  if (scope === 'sub') return true;
  if (scope === 'base') return dn === top;
  return dn !== top && !dn.slice(0, -(top.length + 1)).includes(',');
}

/** What of an entry is sent: attributes by name in any case, `*` (or nothing) the user's, `+` the server's, `1.1` none. */
export function selected(entry: LdapEntry, requested: readonly string[]): readonly LdapAttribute[] {
  const wanted = new Set(requested.map((name) => name.toLowerCase()));
  const all = requested.length === 0 || wanted.has('*');
  return attributesOf(entry).filter(({ name, values }) => {
    const key = name.toLowerCase();
    if (values.length === 0) return false;
    if ([...wanted].some((one) => belongsTo(key, one))) return true;
    return OPERATIONAL.has(key) ? wanted.has('+') : all;
  });
}
