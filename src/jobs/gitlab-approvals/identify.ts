/** Finds the person behind a GitLab account by the identities of the account. */

import type { LdapPerson } from '../../directories/ldap/groups-and-people.ts';
import { nameKey } from '../../directories/same-name.ts';
import { CAS, identitiesOf, type NamedIdentity } from '../../targets/gitlab/identities.ts';
import type { Account } from '../../targets/gitlab/schema.ts';

/** The provider whose identities count, and the accounts that are never approved. */
export interface IdentityRules {
  readonly provider: string;
  readonly denied: readonly string[];
}

/** Why an account has no person. */
export type RefusalKind =
  | 'denied'
  | 'no-identity'
  | 'unknown-person'
  | 'two-people'
  | 'mismatch'
  | 'disabled-account';

/** The person that an account belongs to, or why there is none. */
export type Identification =
  | { readonly person: LdapPerson; readonly refusal?: undefined; readonly refusalKind?: undefined }
  | { readonly person?: undefined; readonly refusal: string; readonly refusalKind: RefusalKind };

/** The names to look up in LDAP for these accounts, each once. */
export function namesToLookUp(accounts: readonly Account[], terms: IdentityRules) {
  const all = accounts.flatMap((account) => identitiesOf(account, terms.provider));
  const named = (older: boolean) => {
    const some = all.filter(({ provider }) => (provider === CAS) === older);
    return [...new Map(some.map(({ extern_uid }) => [nameKey(extern_uid), extern_uid])).values()];
  };
  return { cns: named(false), uids: named(true) };
}

/** Finds the person behind an account among these people of LDAP. Never guesses. */
export function createIdentifier(
  people: readonly LdapPerson[],
  terms: IdentityRules,
): (account: Account) => Identification {
  const byCn = indexed(people, ({ cns }) => cns);
  const byUid = indexed(people, ({ uid }) => [uid]);
  const namedBy = ({ provider, extern_uid }: NamedIdentity) =>
    (provider === CAS ? byUid : byCn).get(nameKey(extern_uid)) ?? [];
  const denied = new Set(terms.denied.map(nameKey));
  return (account) => {
    const identities = identitiesOf(account, terms.provider);
    const current = identities.filter(({ provider }) => provider === terms.provider);
    const named = [...new Set(identities.flatMap(namedBy))];
    const names = [account.username, ...named.map(({ uid }) => uid)];
    const found = names.find((name) => denied.has(nameKey(name)));
    if (found !== undefined)
      return { refusalKind: 'denied', refusal: `denied: ${found} is in DENIED_ACCOUNTS` };
    const deciding = (current.length > 0 ? current : identities).map((identity) => ({
      ...identity,
      people: namedBy(identity),
    }));
    return personOf(account, deciding, named);
  };
}

function indexed(people: readonly LdapPerson[], namesOf: (person: LdapPerson) => readonly string[]) {
  const index = new Map<string, Set<LdapPerson>>();
  for (const person of people) {
    for (const key of namesOf(person).map(nameKey)) {
      index.set(key, (index.get(key) ?? new Set()).add(person));
    }
  }
  return new Map([...index].map(([key, some]) => [key, [...some]]));
}

interface DecidingIdentity extends NamedIdentity {
  readonly people: readonly LdapPerson[];
}

function personOf(
  { username }: Account,
  deciding: readonly DecidingIdentity[],
  named: readonly LdapPerson[],
): Identification {
  if (deciding.length === 0)
    return { refusalKind: 'no-identity', refusal: 'no identity: nothing says whose account this is' };
  const unmatched = deciding.find(({ people }) => people.length === 0);
  if (unmatched)
    return { refusalKind: 'unknown-person', refusal: `unknown person: nobody in LDAP is ${show(unmatched)}` };
  const several = deciding.find(({ people }) => people.length > 1);
  if (several) {
    const dns = several.people.map(({ dn }) => dn).toSorted();
    return { refusalKind: 'two-people', refusal: `two people: ${show(several)} is ${dns.join('; ')}` };
  }
  const [person, other] = named;
  if (!person || other) {
    const uids = named.map(({ uid }) => uid).toSorted();
    return {
      refusalKind: 'mismatch',
      refusal: `mismatch: its identities name different people: ${uids.join(', ')}`,
    };
  }
  if (nameKey(person.uid) !== nameKey(username))
    return {
      refusalKind: 'mismatch',
      refusal: `mismatch: the LDAP uid is ${person.uid}, the GitLab username ${username}`,
    };
  if (person.disabled)
    return {
      refusalKind: 'disabled-account',
      refusal: `disabled account: ${person.uid} is disabled in LDAP`,
    };
  return { person };
}

const show = ({ provider, extern_uid }: NamedIdentity) =>
  `${provider === CAS ? 'uid' : 'cn'} ${JSON.stringify(extern_uid)} (${provider})`;
