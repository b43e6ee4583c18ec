/** Makes the notes of a run: ambiguous members, teams that give more than the rules, unreadable entries. */

import type { LdapPerson } from '../../directories/ldap/groups-and-people.ts';
import type { PosixGroups } from '../../directories/posix-groups/data-yaml.ts';
import { nameKey } from '../../directories/same-name.ts';
import { type Decision, type Note, noteAbout } from '../../engine/model.ts';
import type { DatedPolicy } from '../../policy/dated-policy.ts';
import type { Access, AccessRules } from '../../targets/growthbook/access.ts';
import { teamsAbove, teamsAboveGlobally } from '../../targets/growthbook/effective-grants.ts';
import { afterWrite } from '../../targets/growthbook/role-update.ts';
import { labelOf, type Member } from '../../targets/growthbook/schema.ts';
import { type Case, highestRoleDecision } from './decide.ts';
import type { matchMembers } from './match.ts';

type MemberDecision = Decision<Access, Member>;

const NONE: readonly never[] = [];
const accountFields = (member: Member) => ({ account: member.id, label: labelOf(member) });

/** A note for an ambiguous member that loses access: a person has to find out whose account it is. */
export function ambiguityNotes({ member, ambiguous }: Case, { kind }: MemberDecision): readonly Note[] {
  if (ambiguous === undefined || kind === 'skipped') return NONE;
  return [{ kind: 'ambiguous', ...accountFields(member), because: ambiguous }];
}

interface NoteRules {
  readonly policy: DatedPolicy;
  readonly access: AccessRules;
}

/** A note for each team that gives a member more than the rules do, on the project or in the whole organisation. */
export const teamNotes = (one: Case, decision: MemberDecision, rules: NoteRules): readonly Note[] =>
  one.teams.length === 0 ? NONE : [...projectTeamNotes(one, decision, rules), ...globalTeamNotes(one, rules)];

/** A team's global role counts in the whole organisation, whatever the member's own entries say. */
const globalTeamNotes = ({ member, teams }: Case, { access }: NoteRules): readonly Note[] =>
  teamsAboveGlobally(member, teams, access).map(({ id, team, role }) => ({
    kind: 'team-granted',
    ...accountFields(member),
    key: `${id}:${role}:global`,
    because: `team ${team} gives the global role ${role}, more than ${access.maxGlobalRole} (GROWTHBOOK_GLOBAL_ROLE)`,
  }));

/** The teams that give more on the project, compared with the row as it will be after the run. */
function projectTeamNotes(one: Case, { to }: MemberDecision, { policy, access }: NoteRules): readonly Note[] {
  const { member, teams, ambiguous } = one;
  if (ambiguous !== undefined) return NONE;
  const { role } = highestRoleDecision(one, policy);
  const after = to && to.projectRole !== null ? afterWrite(member, to, access) : member;
  return teamsAbove(after, teams, { role, project: access.project, order: policy.order }).map((grant) => ({
    kind: 'team-granted',
    ...accountFields(member),
    key: `${grant.id}:${grant.role}:${access.project}`,
    because: `team ${grant.team} gives ${grant.role} on the project${access.otherProjects ? ` ${access.project}` : ''}, more than the policy, which gives ${role}`,
  }));
}

/** A note for each person without a member whose entry cannot be read. A person with a member is listed as skipped. */
export const unreadableNotes = (withoutMember: readonly LdapPerson[]): readonly Note[] =>
  withoutMember.flatMap(({ dn, unreadable }): readonly Note[] =>
    unreadable === undefined ? NONE : [noteAbout('unreadable', dn, unreadable)],
  );

/** A note for each person whose uid differs from a name in `data.yaml` only in case: for puppet these are two people. */
export function spellingNotes(
  { joined, withoutMember }: ReturnType<typeof matchMembers>,
  { membersOf, absent }: PosixGroups,
): readonly Note[] {
  const lists = [...membersOf.values(), absent];
  const isUnknown = ({ uid }: LdapPerson) => !lists.some((list) => list.has(uid));
  const unknown: { readonly person: LdapPerson; readonly member?: Member }[] = [];
  for (const { person, member } of joined) if (person && isUnknown(person)) unknown.push({ person, member });
  for (const person of withoutMember) if (isUnknown(person)) unknown.push({ person });
  const names = unknown.length === 0 ? NONE : lists.flatMap((list) => [...list]);
  const spelt = new Map(names.map((name) => [nameKey(name), name]));
  return unknown.flatMap(({ person, member }): readonly Note[] => {
    const name = spelt.get(nameKey(person.uid));
    if (name === undefined) return NONE;
    const because = `LDAP has the uid ${person.uid}, data.yaml ${name}: they differ in case, so that nothing in data.yaml counts for ${person.uid}`;
    return [{ ...noteAbout('spelling', person.uid, because), ...(member ? accountFields(member) : {}) }];
  });
}

/** A note where people who sign in for the first time get access before a run has seen them. */
export const defaultRoleNotes = (defaultRole: string | undefined): readonly Note[] =>
  defaultRole === undefined || defaultRole === 'noaccess'
    ? []
    : [
        noteAbout(
          'default-role',
          defaultRole,
          `people who sign in for the first time get the role ${defaultRole} until the next run (allowed: noaccess; see GrowthBook's settings)`,
        ),
      ];
