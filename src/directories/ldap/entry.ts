/** Reads the attributes of an LDAP entry, whatever the case of their names. */

import type { LdapEntry } from './response.ts';

/** The name of an attribute in lower case, without the options after it: `mail;lang-en` is `mail`. */
export function attributeKey(name: string): string {
  const options = name.indexOf(';');
  return (options < 0 ? name : name.slice(0, options)).toLowerCase();
}

/**
 * The values of an attribute, whatever the case of its name, also those with options (`mail;lang-en`); none if it is missing. Throws if
 * a value is not UTF-8.
 */
export function attributeValues(entry: LdapEntry, attribute: string): readonly string[] {
  const wanted = attribute.toLowerCase();
  const values: string[] = [];
  for (const found of entry.attributes) {
    if (attributeKey(found.name) !== wanted) continue;
    for (const value of found.values) values.push(asText(value, entry, attribute));
  }
  return values;
}

function asText(value: string | Buffer, entry: LdapEntry, attribute: string): string {
  if (typeof value === 'string') return value;
  throw new Error(`ldap: ${entry.dn}: ${attribute} has a value that is not UTF-8`);
}
