import { normalizeDn, parseDn } from '../../../src/directories/ldap/dn.ts';
import type { LdapContext } from './context.ts';
import type { LdapEntry } from './entries.ts';

const PAGED_RESULTS = '1.2.840.113556.1.4.319';
const START_TLS = '1.3.6.1.4.1.1466.20037';

/** What a server says of itself at the empty DN, to everybody, bound or not. */
export const rootDse = ({ namingContexts, rootDse: more }: LdapContext): LdapEntry => ({
  dn: '',
  attributes: {
    objectClass: ['top'],
    namingContexts: [...namingContexts],
    supportedLDAPVersion: '3',
    supportedControl: [PAGED_RESULTS],
    supportedExtension: [START_TLS],
    ...more,
  },
});

/** The entries as access rules leave them, with the naming contexts, which have `contextCSN` where replication is set up. */
export function visibleEntries({
  entries,
  namingContexts,
  contextCsn,
  faults,
}: LdapContext): readonly LdapEntry[] {
  const state: LdapEntry['attributes'] = contextCsn === undefined ? {} : { contextCSN: contextCsn };
  const tops = new Set(namingContexts.map(normalizeDn));
  const isTop = ({ dn }: LdapEntry) => tops.has(normalizeDn(dn));
  const given = entries.filter(isTop);
  const known = new Set(given.map(({ dn }) => normalizeDn(dn)));
  const missing = namingContexts.filter((dn) => !known.has(normalizeDn(dn))).map(domain);
  const withTops = [
    ...[...given, ...missing].map((entry) => ({ ...entry, attributes: { ...entry.attributes, ...state } })),
    ...entries.filter((entry) => !isTop(entry)),
  ];
  const { hidden = [] } = faults;
  if (hidden.length === 0) return withTops;
  const isHidden = (name: string) =>
    hidden.some((one) => name.split(';')[0]?.toLowerCase() === one.toLowerCase());
  return withTops.map(({ dn, attributes }) => ({
    dn,
    attributes: Object.fromEntries(Object.entries(attributes).filter(([name]) => !isHidden(name))),
  }));
}

function domain(dn: string): LdapEntry {
  const { type = '', value = '' } = parseDn(dn)[0]?.[0] ?? {};
  const isDomain = type.toLowerCase() === 'dc';
  return {
    dn,
    attributes: isDomain
      ? { objectClass: ['dcObject', 'organization'], [type]: value, o: value }
      : { objectClass: ['top'], [type]: value },
  };
}
