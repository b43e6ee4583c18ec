import { canonicalJson } from '../../platform/canonical-json.ts';
import { compareText } from '../../platform/compare-text.ts';
import type { Account, Identity } from './schema.ts';

/** The identities that name an account's person, sorted: those of `provider` and of the older provider. */
export const identitiesOf = (
  { identities }: Pick<Account, 'identities'>,
  provider: string,
): readonly NamedIdentity[] =>
  identities
    .filter(isNamed)
    .filter((identity) => identity.provider === provider || identity.provider === CAS)
    .map(({ provider: by, extern_uid }) => ({ provider: by, extern_uid }))
    .toSorted((a, b) => compareText(canonicalJson(a), canonicalJson(b)));

/** The provider of older accounts: its identities name a `uid`, never a `cn`. */
export const CAS = 'cas3';

/** One identity with a name in it. */
export interface NamedIdentity {
  readonly provider: string;
  readonly extern_uid: string;
}

const isNamed = (identity: Identity): identity is NamedIdentity =>
  identity.extern_uid !== null && identity.extern_uid.trim() !== '';
