import type { LdapPerson } from '../../directories/ldap/groups-and-people.ts';
import { addressKey } from '../../directories/same-name.ts';
import type { Decision, Note } from '../../engine/model.ts';
import type { Resolved } from '../../engine/stage-types.ts';
import { decideRole, noMatch, type RoleDecision } from '../../policy/evaluate.ts';
import { policyNotes } from '../../policy/expiry-notes.ts';
import type { Access } from '../../targets/growthbook/access.ts';
import type { Member, Team } from '../../targets/growthbook/schema.ts';
import type { GrowthBookFacts } from '../../targets/growthbook/target.ts';
import { type Case, type DecideRules, decide } from './decide.ts';
import { type MemberMatch, matchMembers } from './match.ts';
import { createMembershipIndex, type DirectoryFacts } from './membership.ts';
import { ambiguityNotes, defaultRoleNotes, spellingNotes, teamNotes, unreadableNotes } from './notes.ts';
import { protectionNotes } from './unknown-protected.ts';

/** One decision for each member, and for each person who should have a role and has no member yet. Each person is evaluated once. */
export function resolve(facts: RoleFacts, rules: ResolveRules): Resolved<Access, Member> {
  const { cases, pending, notes: known } = prepare(facts, rules);
  const decideRules = { ...rules, isProtected: new Set(rules.protectedMembers.map(addressKey)) };
  const decisions: Decision<Access, Member>[] = [];
  const notes: Note[] = [];
  for (const one of cases) {
    const decision = decide(one, decideRules);
    decisions.push(decision);
    for (const note of ambiguityNotes(one, decision)) notes.push(note);
    for (const note of teamNotes(one, decision, rules)) notes.push(note);
  }
  return { decisions: [...decisions, ...pending], notes: [...notes, ...known] };
}

/** Everything that decisions depend on. */
export interface RoleFacts extends DirectoryFacts, GrowthBookFacts {}

/** The operator's rules: the policy, how access is written, and the addresses that are never written. */
export interface ResolveRules extends Pick<DecideRules, 'policy' | 'access'> {
  readonly protectedMembers: readonly string[];
}

/** The input of the decisions: a case for each member, the people without a member, and notes. */
export function prepare(facts: RoleFacts, rules: ResolveRules) {
  const { joined, withoutMember } = matchMembers(facts.members, facts.people);
  const decideFor = createRoleDecider(facts, rules, joined);
  const teamsById = new Map(facts.teams.map((team) => [team.id, team]));
  return {
    cases: joined.map((match) => caseOf(match, teamsById, decideFor)),
    pending: withoutMember.flatMap((person) => pendingSignIn(person, decideFor(person))),
    notes: [
      ...protectionNotes(facts, rules.protectedMembers),
      ...unreadableNotes(withoutMember),
      ...spellingNotes({ joined, withoutMember }, facts.posix),
      ...policyNotes(rules.policy),
      ...defaultRoleNotes(facts.defaultRole),
    ],
  };
}

type RoleDecider = (person: LdapPerson) => RoleDecision;

/** Makes the function that decides a person's role. Each person is evaluated once: at the start if several members may be theirs, else on request. */
function createRoleDecider(
  facts: RoleFacts,
  { policy }: ResolveRules,
  joined: readonly MemberMatch[],
): RoleDecider {
  const membershipOf = createMembershipIndex(facts, policy);
  const decideFor: RoleDecider = (person) =>
    person.unreadable === undefined
      ? decideRole(policy, membershipOf(person))
      : { ...noMatch(policy), unknown: person.unreadable };
  const candidates = new Set(joined.flatMap((match) => match.candidates ?? NONE));
  const known = new Map([...candidates].map((person) => [person, decideFor(person)]));
  return (person) => known.get(person) ?? decideFor(person);
}

const NONE: readonly never[] = [];

function caseOf(
  { member, address, person, ambiguous, candidates }: MemberMatch,
  teamsById: ReadonlyMap<string, Team>,
  decideFor: RoleDecider,
): Case {
  const teams =
    member.teams.length === 0
      ? NONE
      : member.teams.map((id) => teamsById.get(id)).filter((team) => team !== undefined);
  const roleDecisions = candidates ? candidates.map(decideFor) : person ? [decideFor(person)] : NONE;
  return { member, address, ambiguous, teams, roleDecisions };
}

function pendingSignIn(person: LdapPerson, roleDecision: RoleDecision): readonly Decision<Access, Member>[] {
  if (roleDecision.role === 'noaccess') return NONE;
  const because = `gets ${roleDecision.role} at the first sign-in: ${roleDecision.because}`;
  const { rule, groups } = roleDecision;
  const label = person.mails.toSorted()[0] ?? person.uid;
  const common = { account: person.uid, row: null, label, from: null, to: null };
  return [{ ...common, kind: 'pending-sign-in', rule, because, groups, atSignIn: roleDecision.role }];
}
