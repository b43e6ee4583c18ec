import type { LdapPerson } from '../../directories/ldap/groups-and-people.ts';
import { addressKey } from '../../directories/names.ts';
import type { Decision } from '../../engine/model.ts';
import type { Resolved } from '../../engine/stages.ts';
import { evaluate, noMatch, type RoleDecision } from '../../policy/evaluate.ts';
import type { Access } from '../../targets/growthbook/access.ts';
import type { Member, Team } from '../../targets/growthbook/schema.ts';
import { type Case, type DecideRules, decide } from './decide.ts';
import { matchMembers } from './match.ts';
import { type DirectoryFacts, membershipsOf } from './membership.ts';
import { ambiguityNotes, policyNotes, spellingNotes, teamNotes } from './notes.ts';
import { protectionNotes } from './protected.ts';

/** All that a decision is made from. */
export interface RoleFacts extends DirectoryFacts {
  readonly members: readonly Member[];
  readonly teams: readonly Team[];
}

/** What the operator decides: the policy, the access of writing, and the addresses of those who are never written. */
export interface ResolveRules extends Pick<DecideRules, 'policy' | 'access'> {
  readonly protectedMembers: readonly string[];
}

/** One decision for each member, and for each person who is due a role and has no member yet. Everybody is evaluated once. */
export function resolve(facts: RoleFacts, rules: ResolveRules): Resolved<Access, Member> {
  const { joined, withoutMember } = matchMembers(facts.members, facts.people);
  const rulings = rulingsOn(facts, rules);
  const nobody = noMatch(rules.policy);
  const teamsById = new Map(facts.teams.map((team) => [team.id, team]));
  const cases = joined.map(({ readings, ...match }): Case => {
    const { member, person } = match;
    const teams = member.teams.map((id) => teamsById.get(id)).filter((team) => team !== undefined);
    const people = readings ?? (person ? [person] : []);
    return { ...match, teams, rulings: people.map((one) => rulings.get(one) ?? nobody) };
  });
  const decideRules = { ...rules, isProtected: new Set(rules.protectedMembers.map(addressKey)) };
  const decided = cases.map((one) => ({ ...one, decision: decide(one, decideRules) }));
  const pending = withoutMember.flatMap((person) => pendingSignIn(person, rulings.get(person) ?? nobody));
  return {
    decisions: [...decided.map(({ decision }) => decision), ...pending],
    notes: [
      ...decided.flatMap((one) => [...ambiguityNotes(one), ...teamNotes(one, rules)]),
      ...protectionNotes(facts, rules.protectedMembers),
      ...spellingNotes({ joined, withoutMember }, facts.posix),
      ...policyNotes(rules.policy),
    ],
  };
}

/** What the policy decides of each person. */
function rulingsOn(facts: RoleFacts, { policy }: ResolveRules): ReadonlyMap<LdapPerson, RoleDecision> {
  const memberships = membershipsOf(facts, policy);
  return new Map([...memberships].map(([person, membership]) => [person, evaluate(policy, membership)]));
}

function pendingSignIn(person: LdapPerson, ruling: RoleDecision): readonly Decision<Access, Member>[] {
  if (ruling.role === 'noaccess') return [];
  const because = `due ${ruling.role} at first sign-in: ${ruling.because}`;
  const { rule, groups } = ruling;
  const label = person.mails.toSorted()[0] ?? person.uid;
  const about = { account: person.uid, row: null, label, from: null, to: null };
  return [{ ...about, kind: 'pending-sign-in', rule, because, groups }];
}
