import { normalizeDn } from '../../directories/ldap/dn.ts';
import { sameName } from '../../directories/same-name.ts';
import { type MembershipChange, membershipText } from '../../engine/membership-change.ts';
import { unknownName } from '../../engine/unknown-name.ts';
import { InvalidRequestError } from '../../platform/errors.ts';
import type { ApprovalFacts } from './resolve.ts';

/** The facts after assumed changes: people are added to LDAP groups, or removed from them. Throws `InvalidRequestError` for a person or a group that is not in them. */
export const changeMemberships = (
  facts: ApprovalFacts,
  changes: readonly MembershipChange[],
): ApprovalFacts => changes.reduce(changeOne, facts);

function changeOne(facts: ApprovalFacts, change: MembershipChange): ApprovalFacts {
  const { kind, uid, source, group } = change;
  if (source === 'posix')
    throw new InvalidRequestError(
      `what-if: this job reads no POSIX groups (found ${membershipText(change)}, allowed UID:GROUP)`,
    );
  const { groups } = facts.evidence;
  const person = facts.people.find((one) => sameName(one.uid, uid));
  if (!person)
    throw unknownName(
      'what-if: nobody whose account waits has this user name',
      uid,
      facts.people.map((one) => one.uid),
    );
  const name = [...groups.keys()].find((one) => sameName(one, group));
  if (name === undefined)
    throw unknownName('what-if: no LDAP group that the policy names', group, [...groups.keys()]);
  const members = new Set(groups.get(name));
  if (kind === 'add') members.add(normalizeDn(person.dn));
  else members.delete(normalizeDn(person.dn));
  return { ...facts, evidence: { ...facts.evidence, groups: new Map([...groups, [name, members]]) } };
}
