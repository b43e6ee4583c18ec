import type { LdapPerson } from '../../directories/ldap/groups-and-people.ts';
import { nameKey } from '../../directories/names.ts';
import type { PosixGroups } from '../../directories/posix-groups/data-yaml.ts';
import { type Decision, type Note, noteAbout } from '../../engine/model.ts';
import type { Rule } from '../../policy/document.ts';
import type { DatedPolicy } from '../../policy/evaluate.ts';
import { type Access, type AccessRules, currentAccess } from '../../targets/growthbook/access.ts';
import { teamsAbove } from '../../targets/growthbook/effective-grants.ts';
import { afterWrite } from '../../targets/growthbook/role-update.ts';
import type { Member } from '../../targets/growthbook/schema.ts';
import { type Case, rulingOn } from './decide.ts';
import type { matchMembers } from './match.ts';

/** A member on which a decision was made. */
export interface DecidedCase extends Case {
  readonly decision: Decision<Access, Member>;
}

const about = ({ id, email }: Member) => ({ account: id, label: email });

/** A note for an ambiguous member that loses something: a person has to find out whose it is. */
export function ambiguityNotes({ member, ambiguous, decision }: DecidedCase): readonly Note[] {
  if (ambiguous === undefined || decision.kind === 'skipped') return [];
  return [{ kind: 'ambiguous', ...about(member), because: ambiguous }];
}

/** A note for each team that gives a member more than is due, as the row will be after the run. */
export function teamNotes(
  one: DecidedCase,
  { policy, access }: { readonly policy: DatedPolicy; readonly access: AccessRules },
): readonly Note[] {
  const { member, teams, ambiguous, decision } = one;
  if (ambiguous !== undefined || teams.length === 0) return [];
  const { role } = rulingOn(one, policy);
  const to = decision.to ?? currentAccess(member, access.project);
  const isLeft = decision.kind === 'skipped' || to.projectRole === null;
  const after = isLeft ? member : afterWrite(member, to, access);
  return teamsAbove(after, teams, { role, project: access.project, order: policy.order }).map((grant) => ({
    kind: 'team-granted',
    ...about(member),
    because: `team ${grant.team} gives ${grant.role} on the project, more than ${role}, which is due`,
  }));
}

/** A note for each person whose uid differs from a name in `data.yaml` in nothing but case: puppet takes them for two. */
export function spellingNotes(
  { joined, withoutMember }: ReturnType<typeof matchMembers>,
  { membersOf, absent }: PosixGroups,
): readonly Note[] {
  const names = new Set([...absent, ...[...membersOf.values()].flatMap((group) => [...group])]);
  if (names.size === 0) return [];
  const byKey = new Map([...names].map((name) => [nameKey(name), name]));
  const noteOn = (person: LdapPerson | undefined, member?: Member): readonly Note[] => {
    if (!person || names.has(person.uid)) return [];
    const name = byKey.get(nameKey(person.uid));
    if (name === undefined) return [];
    const because = `LDAP has the uid ${person.uid}, data.yaml ${name}: they differ in case, so that nothing in data.yaml counts for ${person.uid}`;
    return [{ ...noteAbout('spelling', person.uid, because), ...(member ? about(member) : {}) }];
  };
  return [
    ...joined.flatMap(({ member, person }) => noteOn(person, member)),
    ...withoutMember.flatMap((person) => noteOn(person)),
  ];
}

/** A note for each rule that has expired, and for each that expires within a week. */
export const policyNotes = ({ expired, expiring }: DatedPolicy): readonly Note[] => [
  ...expired.map((rule) =>
    noteAbout('expired', labelOf(rule), `expired on ${rule.expires}${reasonOf(rule)}`),
  ),
  ...expiring.map((rule) =>
    noteAbout('expiring', labelOf(rule), `expires on ${rule.expires}${reasonOf(rule)}`),
  ),
];

const labelOf = ({ rule, description }: Rule) => `rule ${rule}${description ? ` (${description})` : ''}`;
const reasonOf = ({ reason }: Rule) => (reason ? `; its reason: ${reason}` : '');
