import { addressKey } from '../../directories/same-name.ts';
import { type Note, noteAbout, type Objection } from '../../engine/model.ts';

interface Facts {
  readonly members: readonly { readonly email: string }[];
  readonly people: readonly { readonly mails: readonly string[] }[];
}

/** Finds protected addresses that no member has. */
const withoutMember = ({ members }: Facts, addresses: readonly string[]): readonly string[] => {
  if (addresses.length === 0) return [];
  const unknown = new Map(addresses.map((address) => [addressKey(address), address]));
  for (const { email } of members) unknown.delete(addressKey(email));
  return [...unknown.values()];
};

/** A note for each protected address that no member has. */
export const protectionNotes = (facts: Facts, addresses: readonly string[]): readonly Note[] =>
  withoutMember(facts, addresses).map((label) =>
    noteAbout('protected', label, 'no member has this address of GROWTHBOOK_PROTECTED_MEMBERS'),
  );

/**
 * The objection to protected addresses that no member has: most likely they are misspelt, so the intended member is not protected. Addresses of people who have not signed in yet are not objected to.
 */
export function unknownProtected(facts: Facts, addresses: readonly string[]): readonly Objection[] {
  const memberless = withoutMember(facts, addresses);
  if (memberless.length === 0) return [];
  const members = new Set(facts.members.map(({ email }) => addressKey(email)));
  const keysOf = facts.people.map(({ mails }) => mails.map(addressKey));
  const awaited = new Set(keysOf.filter((keys) => !keys.some((key) => members.has(key))).flat());
  const unknown = memberless.filter((address) => !awaited.has(addressKey(address)));
  if (unknown.length === 0) return [];
  const message =
    `protected-unknown: nobody has these addresses of GROWTHBOOK_PROTECTED_MEMBERS (found ${unknown.join(', ')}, ` +
    'allowed only addresses of members): correct the setting';
  return [{ name: 'protected-unknown', found: unknown.length, allowed: 0, message, overridable: false }];
}
