/**
 * The rules as the pages say them, written a second time from the pages alone and as plainly as can be: for tests of the
 * first. Nothing of `src` is used.
 */

/** A condition of a policy document. */
export interface OracleCondition {
  readonly ldap?: string;
  readonly posix?: string;
  readonly user?: string;
  readonly phabricator?: string;
  readonly gerrit?: string;
  readonly any?: readonly OracleCondition[];
  readonly all?: readonly OracleCondition[];
  readonly not?: OracleCondition;
}

/** A policy document of roles. */
export interface OraclePolicy {
  readonly order: readonly string[];
  readonly gate: 'none' | OracleCondition;
  readonly rules: readonly { readonly rule: number; readonly when: OracleCondition; readonly role: string }[];
}

/** A person of the directories. `usable` is false for who is disabled or absent; `readable` for an entry that is no one person's. */
export interface OraclePerson {
  readonly uid: string;
  readonly mails: readonly string[];
  readonly ldap: readonly string[];
  readonly posix: readonly string[];
  readonly usable: boolean;
  readonly readable: boolean;
}

/** Whether a condition is true of a person. */
export function isTrue(condition: OracleCondition, person: OraclePerson): boolean {
  if (condition.any) return condition.any.some((one) => isTrue(one, person));
  if (condition.all) return condition.all.every((one) => isTrue(one, person));
  if (condition.not) return !isTrue(condition.not, person);
  if (condition.ldap !== undefined) return person.ldap.includes(condition.ldap);
  if (condition.posix !== undefined) return person.posix.includes(condition.posix);
  return condition.user === person.uid;
}

/** The role that a policy gives a person: the highest of the rules that are true, behind the gate. */
export function roleOf({ order, gate, rules }: OraclePolicy, person: OraclePerson): string {
  if (!person.usable) return 'noaccess';
  if (gate !== 'none' && !isTrue(gate, person)) return 'noaccess';
  const given = rules.filter(({ when }) => isTrue(when, person)).map(({ role }) => role);
  return highest(order, given);
}

export const highest = (order: readonly string[], roles: readonly string[]): string =>
  order.findLast((role) => roles.includes(role)) ?? 'noaccess';

/** A member of the target. */
export interface OracleMember {
  readonly id: string;
  readonly email: string;
  /** The role that counts on the project now. */
  readonly current: string;
}

/** What has to become of a member. */
export type OracleDecision =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'kept'; readonly why: 'protected' | 'ambiguous' }
  | { readonly kind: 'role'; readonly role: string };

const key = (address: string) => address.toLowerCase();

/** What the pages say of one member: no person is no access; an ambiguous one never gains, and keeps no more than its best reading. */
export function expectedDecision(
  member: OracleMember,
  everybody: { readonly members: readonly OracleMember[]; readonly people: readonly OraclePerson[] },
  { policy, isProtected }: { readonly policy: OraclePolicy; readonly isProtected: boolean },
): OracleDecision {
  const readings = everybody.people.filter(({ mails }) => mails.map(key).includes(key(member.email)));
  if (readings.some(({ readable }) => !readable)) return { kind: 'unknown' };
  if (isProtected) return { kind: 'kept', why: 'protected' };
  const namesakes = everybody.members.filter(({ email }) => email !== '' && key(email) === key(member.email));
  const isOneOfSeveral = readings.some(({ mails }) =>
    everybody.members.some(({ id, email }) => id !== member.id && mails.map(key).includes(key(email))),
  );
  const role = highest(
    policy.order,
    readings.map((person) => roleOf(policy, person)),
  );
  if (readings.length < 2 && namesakes.length < 2 && !isOneOfSeveral) return { kind: 'role', role };
  const rank = (one: string) => policy.order.indexOf(one);
  if (!policy.order.includes(member.current)) return { kind: 'role', role: 'noaccess' };
  return rank(role) < rank(member.current) ? { kind: 'role', role } : { kind: 'kept', why: 'ambiguous' };
}

/** What a source says of a person: in it, not in it, or nobody knows. */
export type OracleAnswer = boolean | 'failed' | 'off';

/** Whether rules of trust approve: the first that says yes, unless one before it is not known. */
export function trusts(
  rules: readonly { readonly ways: readonly OracleAnswer[] }[],
): 'approve' | 'undecided' | 'wait' {
  let isUnknown = false;
  for (const { ways } of rules) {
    if (ways.includes(true)) return 'approve';
    if (ways.includes('failed')) isUnknown = true;
  }
  return isUnknown ? 'undecided' : 'wait';
}
