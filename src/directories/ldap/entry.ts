import type { LdapEntry } from './response.ts';

/** The name of an attribute in lower case, without the options after it: `mail;lang-en` is `mail`. */
export const attributeKey = (name: string): string => name.split(';', 1).join('').toLowerCase();

/**
 * An attribute's values, whatever the case of its name, those with options (`mail;lang-en`) too; none where it is missing. Refuses
 * what is not UTF-8.
 */
export function attributeValues(entry: LdapEntry, attribute: string): readonly string[] {
  const wanted = attribute.toLowerCase();
  const found = entry.attributes.filter(({ name }) => attributeKey(name) === wanted);
  return found.flatMap(({ values }) => values).map((value) => asText(value, entry, attribute));
}

function asText(value: string | Buffer, entry: LdapEntry, attribute: string): string {
  if (typeof value === 'string') return value;
  throw new Error(`ldap: ${entry.dn}: ${attribute} has a value that is not UTF-8`);
}
