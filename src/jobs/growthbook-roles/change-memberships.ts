import { nameKey, sameName } from '../../directories/same-name.ts';
import type { MembershipChange } from '../../engine/membership-change.ts';
import { unknownName } from '../../engine/unknown-name.ts';
import type { RoleFacts } from './resolve.ts';

/** The facts after assumed changes: people are added to groups, or removed from them. Throws `InvalidRequestError` for a person or a group that is not in them. */
export const changeMemberships = (facts: RoleFacts, changes: readonly MembershipChange[]): RoleFacts =>
  changes.reduce(
    (changed, one) => (one.source === 'ldap' ? inLdap(changed, one) : inPosix(changed, one)),
    facts,
  );

function inLdap(facts: RoleFacts, { kind, uid, group }: MembershipChange): RoleFacts {
  const person = facts.people.find((one) => sameName(one.uid, uid));
  if (!person)
    throw unknownName(
      'what-if: nobody who was read has this user name',
      uid,
      facts.people.map((one) => one.uid),
    );
  const name = known([...facts.membersOf.keys()], group, 'LDAP');
  const others = (facts.membersOf.get(name) ?? []).filter((one) => one !== person);
  const members = kind === 'add' ? [...others, person] : others;
  return { ...facts, membersOf: new Map([...facts.membersOf, [name, members]]) };
}

/** A person who is in LDAP only gets a user in `data.yaml` with the membership. A person who is `absent` there gets nothing. */
function inPosix(facts: RoleFacts, { kind, uid, group }: MembershipChange): RoleFacts {
  const { posix, people } = facts;
  if (!posix.known.has(uid) && !people.some((one) => one.uid === uid))
    throw unknownName('what-if: nobody in data.yaml or LDAP who was read has this user name', uid, [
      ...posix.known,
      ...people.map((one) => one.uid),
    ]);
  const name = known([...posix.membersOf.keys()], group, 'POSIX');
  const members = new Set(posix.membersOf.get(name));
  if (kind === 'remove') members.delete(uid);
  else if (!posix.absent.has(uid)) members.add(uid);
  const membersOf = new Map([...posix.membersOf, [name, members]]);
  const users = kind === 'add' ? new Set([...posix.known, uid]) : posix.known;
  return { ...facts, posix: { ...posix, membersOf, known: users } };
}

function known(groups: readonly string[], group: string, source: string): string {
  const found = groups.find((one) => nameKey(one) === nameKey(group));
  if (found === undefined)
    throw unknownName(`what-if: no ${source} group that the policy names`, group, groups);
  return found;
}
