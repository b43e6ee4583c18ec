import { type LdapPerson, nameKey } from '../../directories/ldap.ts';
import { canonical } from '../../pipeline/plan.ts';
import type { Account, Identity } from './schema.ts';

/** Whose identities count, and who is never approved. */
export interface Terms {
  readonly provider: string;
  readonly denied: readonly string[];
}

/** The person behind an account, or why there is none to ask about. */
export type Identified =
  | { readonly person: LdapPerson; readonly refusal?: undefined }
  | { readonly person?: undefined; readonly refusal: string };

/** The provider of older accounts: its identities name a `uid`, never a `cn`. */
const OLDER = 'cas3';

/** One identity with a name in it. */
export interface Named {
  readonly provider: string;
  readonly extern_uid: string;
}

const isNamed = (identity: Identity): identity is Named =>
  identity.extern_uid !== null && identity.extern_uid.trim() !== '';

/** The identities that say whose an account is, in one order: the configured provider's and the older one's. */
export const identitiesOf = ({ identities }: Account, { provider }: Pick<Terms, 'provider'>) =>
  identities
    .filter(isNamed)
    .filter((identity) => identity.provider === provider || identity.provider === OLDER)
    .map(({ provider: by, extern_uid }) => ({ provider: by, extern_uid }))
    .toSorted((a, b) => (canonical(a) < canonical(b) ? -1 : 1));

/** The names to look up in LDAP for these accounts, each once. */
export function namesIn(accounts: readonly Account[], terms: Terms) {
  const all = accounts.flatMap((account) => identitiesOf(account, terms));
  const named = (older: boolean) => {
    const some = all.filter(({ provider }) => (provider === OLDER) === older);
    return [...new Map(some.map(({ extern_uid }) => [nameKey(extern_uid), extern_uid])).values()];
  };
  return { cns: named(false), uids: named(true) };
}

/** Finds the person behind an account among those that LDAP answered with. Never guesses. */
export function identifier(people: readonly LdapPerson[], terms: Terms): (account: Account) => Identified {
  const byCn = indexed(people, ({ cns }) => cns);
  const byUid = indexed(people, ({ uid }) => [uid]);
  const namedBy = ({ provider, extern_uid }: Named) =>
    (provider === OLDER ? byUid : byCn).get(nameKey(extern_uid)) ?? [];
  const denied = new Set(terms.denied.map(nameKey));
  return (account) => {
    const identities = identitiesOf(account, terms);
    const current = identities.filter(({ provider }) => provider === terms.provider);
    const named = [...new Set(identities.flatMap(namedBy))];
    const names = [account.username, ...named.map(({ uid }) => uid)];
    const found = names.find((name) => denied.has(nameKey(name)));
    if (found !== undefined) return { refusal: `denied: ${found} is in DENIED_ACCOUNTS` };
    const deciding = (current.length > 0 ? current : identities).map((identity) => ({
      ...identity,
      people: namedBy(identity),
    }));
    return whoOf(account, deciding, named);
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

interface Deciding extends Named {
  readonly people: readonly LdapPerson[];
}

function whoOf(
  { username }: Account,
  deciding: readonly Deciding[],
  named: readonly LdapPerson[],
): Identified {
  if (deciding.length === 0) return { refusal: 'no identity: nothing says whose account this is' };
  const nobodys = deciding.find(({ people }) => people.length === 0);
  if (nobodys) return { refusal: `unknown person: nobody in LDAP is ${show(nobodys)}` };
  const several = deciding.find(({ people }) => people.length > 1);
  if (several) {
    const dns = several.people.map(({ dn }) => dn).toSorted();
    return { refusal: `two people: ${show(several)} is ${dns.join('; ')}` };
  }
  const [person, other] = named;
  if (!person || other) {
    const uids = named.map(({ uid }) => uid).toSorted();
    return { refusal: `mismatch: its identities name different people: ${uids.join(', ')}` };
  }
  if (nameKey(person.uid) !== nameKey(username))
    return { refusal: `mismatch: the LDAP uid is ${person.uid}, the GitLab username ${username}` };
  if (person.disabled) return { refusal: `disabled account: ${person.uid} is disabled in LDAP` };
  return { person };
}

const show = ({ provider, extern_uid }: Named) =>
  `${provider === OLDER ? 'uid' : 'cn'} ${JSON.stringify(extern_uid)} (${provider})`;
