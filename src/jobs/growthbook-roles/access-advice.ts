import type { LdapPerson } from '../../directories/ldap/groups-and-people.ts';
import type { Decision } from '../../engine/model.ts';
import { rankIn } from '../../engine/role-order.ts';
import type { DatedPolicy } from '../../policy/dated-policy.ts';
import type { Evaluation, RuleEvaluation } from '../../policy/evaluate.ts';
import type { Membership } from '../../policy/evaluate-condition.ts';
import type { Access } from '../../targets/growthbook/access.ts';
import type { Member } from '../../targets/growthbook/schema.ts';

/** What people can do about their own access, in words that everybody understands. */
export function adviceFor(
  { member, person, membership, decision, ambiguous }: RoleCase,
  evaluation: Evaluation,
  policy: DatedPolicy,
): readonly string[] {
  const more = adviceForHigherRoles(evaluation, policy);
  if (ambiguous !== null)
    return [
      `It is not clear whose account this is (${ambiguous}): an administrator has to correct it first.`,
    ];
  if (!person) {
    const address = member ? ` The address in LDAP has to be ${member.email}.` : '';
    return [`No person in LDAP with a group of the policy has this address.${address}`, ...more];
  }
  if (person.unreadable !== undefined)
    return ['The entry in LDAP cannot be read as one person: ask the administrators of LDAP.'];
  if (person.disabled) return ['The account is disabled in LDAP: ask the administrators of LDAP.'];
  if (membership?.refusal !== undefined) return [`${membership.refusal}: ask who maintains that file.`];
  if (!member) return [...signInAdvice(evaluation, policy), ...more];
  if (decision?.kind === 'skipped')
    return [`An administrator of GrowthBook has to look at this account: ${decision.because}.`, ...more];
  return more;
}

/** One member, one person, or both, with the decision that was made. */
export interface RoleCase {
  readonly member: Member | null;
  readonly person: LdapPerson | null;
  readonly membership: Membership | null;
  readonly decision: Decision<Access, Member> | null;
  /** Why it is ambiguous whose account it is; `person` is then one of the candidates. */
  readonly ambiguous: string | null;
}

const signInAdvice = ({ role }: Evaluation, { order }: DatedPolicy): readonly string[] =>
  role === order[0] ? [] : [`Sign in to GrowthBook once: the next run then gives the role ${role}.`];

/** One sentence for each rule that would give more than the person has by the policy now. */
function adviceForHigherRoles({ role, answers }: Evaluation, policy: DatedPolicy): readonly string[] {
  const rank = rankIn(policy.order);
  const gate = policy.gate === 'none' ? undefined : policy.gate.rule;
  const needed = answers.find(({ rule }) => rule === gate)?.missing ?? [];
  const isMissing = ({ answer }: RuleEvaluation) =>
    answer === 'no' || (answer === 'yes' && needed.length > 0);
  return policy.rules
    .filter((rule) => rank(rule.role) > rank(role))
    .flatMap((rule) =>
      answers
        .filter((one) => one.rule === rule.rule && isMissing(one))
        .map(({ missing }) => `For the role ${rule.role}: ${phrase([...missing, ...needed])}.`),
    );
}

/** What is missing, as an instruction: people request LDAP groups in IDM. */
function phrase(missing: readonly string[]): string {
  const groups = missing.flatMap((one) => ldapGroupIn(one) ?? []);
  const others = missing.filter((one) => ldapGroupIn(one) === undefined);
  const ask = groups.length > 0 ? [`ask in IDM to be added to ${groups.join(' and ')}`] : [];
  const rest = others.map((one) => `being in ${one.replaceAll('posix:', '')} is needed`);
  const text = [...ask, ...rest].join('; ');
  return groups.length > 0 && others.length > 0 ? `${text} as well` : text;
}

/** The LDAP group where nothing but one is missing. */
const ldapGroupIn = (missing: string): string | undefined => /^ldap:([^ ()]+)$/.exec(missing)?.[1];
