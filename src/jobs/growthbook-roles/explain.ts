import type { Explained, ExplainedRule, Statement } from '../../engine/model.ts';
import type { DatedPolicy } from '../../policy/dated-policy.ts';
import { type Evaluation, evaluate, noMatch } from '../../policy/evaluate.ts';
import type { Membership } from '../../policy/evaluate-condition.ts';
import { currentAccess, type ProjectRules, projectRoleOf } from '../../targets/growthbook/access.ts';
import { grantsOn } from '../../targets/growthbook/effective-grants.ts';
import type { Member, Team } from '../../targets/growthbook/schema.ts';
import { adviceFor, type RoleCase } from './access-advice.ts';
import type { ResolveRules, RoleFacts } from './resolve.ts';

/** Explains why a person has their access. It evaluates the policy with the same function as the plan. */
export function explain(one: RoleCase, facts: RoleFacts, { policy, access }: ResolveRules): Explained {
  const { member, person, membership } = one;
  const evaluation = evaluate(policy, membership ?? noMembership(one, facts, policy));
  const teams = facts.teams.filter(({ id }) => member?.teams.includes(id));
  const current = member && currentAccess(member, access);
  return {
    person: person && { uid: person.uid, cns: person.cns, mails: person.mails, disabled: person.disabled },
    account: member && accountOf(member, teams),
    statements: [
      ldapStatement(one),
      ...posixStatements(one, facts),
      growthbookStatement(member, teams, access),
      ...(one.ambiguous === null ? [] : [{ source: 'growthbook', says: `ambiguous: ${one.ambiguous}` }]),
    ],
    rules: rulesOf(evaluation),
    current,
    effective: member && grantsOn(member, teams, access.project),
    desired: one.decision?.desired ?? one.decision?.to ?? { projectRole: evaluation.role },
    advice: adviceFor(one, evaluation, policy),
  };
}

/** The membership of a person whom no directory knows: they are in no group, and given nothing, whatever the rules say. */
function noMembership({ member }: RoleCase, facts: RoleFacts, policy: DatedPolicy): Membership {
  const none = new Set<string>();
  return {
    uid: member?.email ?? 'nobody',
    refusal: noMatch(policy).because,
    sources: {
      ldap: { asked: new Set(facts.membersOf.keys()), in: none },
      posix: { asked: new Set(facts.posix.membersOf.keys()), in: none },
      user: { asked: none, in: none },
    },
  };
}

const accountOf = ({ id, email, globalRole, managedbyIdp, ...rest }: Member, teams: readonly Team[]) => ({
  id,
  email,
  globalRole,
  projectRoles: rest.projectRoles,
  additionalRoles: rest.additionalRoles,
  environments: rest.environments,
  limitAccessByEnvironment: rest.limitAccessByEnvironment,
  teams: teams.map((team) => team.name || team.id),
  managedByIdentityProvider: managedbyIdp,
});

function ldapStatement({ person, member, membership }: RoleCase): Statement {
  if (!person) {
    const address = member ? `the address ${member.email}` : 'that address';
    return { source: 'ldap', says: `nobody in the policy's groups has ${address}` };
  }
  const ldap = membership?.sources.ldap;
  const groups = typeof ldap === 'object' ? [...ldap.in].toSorted() : [];
  const parts = [
    `${person.uid} is in ${groups.join(', ') || "none of the policy's groups"}`,
    `addresses: ${person.mails.join(', ') || 'none'}`,
    ...(person.disabled ? ['the account is disabled'] : []),
    ...(person.unreadable === undefined ? [] : [person.unreadable]),
  ];
  return { source: 'ldap', says: parts.join('; ') };
}

function posixStatements({ person, membership }: RoleCase, { posix }: RoleFacts): readonly Statement[] {
  if (!person || posix.membersOf.size === 0) return [];
  const source = membership?.sources.posix;
  const groups = typeof source === 'object' ? [...source.in].toSorted() : [];
  const parts = [
    `${person.uid} is in ${groups.join(', ') || "none of the policy's groups"}`,
    ...(posix.absent.has(person.uid) ? ['ensure: absent'] : []),
  ];
  return [{ source: 'posix', says: parts.join('; ') }];
}

function growthbookStatement(member: Member | null, teams: readonly Team[], rules: ProjectRules): Statement {
  if (!member) return { source: 'growthbook', says: 'no member has one of these addresses' };
  const access = currentAccess(member, rules);
  const parts = [
    access.projectRole === null
      ? `no entry for the project, so that the global role counts: ${projectRoleOf(access)}`
      : `role ${access.projectRole} on the project, global role ${access.globalRole}`,
    ...(access.additionalRoles.length > 0 ? [`additional roles: ${access.additionalRoles.join(', ')}`] : []),
    teams.length > 0 ? `teams: ${teams.map((team) => team.name || team.id).join(', ')}` : 'no team',
    ...(member.managedbyIdp ? ['managed by an identity provider'] : []),
  ];
  return { source: 'growthbook', says: parts.join('; ') };
}

const rulesOf = ({ answers }: Evaluation): readonly ExplainedRule[] =>
  answers.map(({ rule, description, answer, because, missing }) => ({
    rule,
    description,
    answer,
    because,
    missing,
  }));
