import { ldapSettings, warnWithoutTls } from '../../directories/ldap/settings.ts';
import type { Change } from '../../engine/model.ts';
import { rankIn } from '../../engine/role-order.ts';
import type { Run } from '../../engine/run.ts';
import type { Resolved, Stages } from '../../engine/stages.ts';
import { compareText } from '../../platform/compare-text.ts';
import { policyAt } from '../../policy/dated-policy.ts';
import { highestRole } from '../../policy/named-groups.ts';
import type { Policy } from '../../policy/policy.ts';
import { type Access, describe, projectRoleOf } from '../../targets/growthbook/access.ts';
import type { Member } from '../../targets/growthbook/schema.ts';
import { createGrowthBookTarget } from '../../targets/growthbook/target.ts';
import { defineJob } from '../define-job.ts';
import { collect } from './collect.ts';
import { lastAdmin } from './last-admin.ts';
import { defaultPolicy } from './policy.ts';
import { unknownProtected } from './protected.ts';
import { type RoleFacts, resolve } from './resolve.ts';
import { checkSafety } from './safety.ts';
import { type GrowthBookValues, growthBookCrossChecks, growthBookSettings } from './settings.ts';
import { subjects } from './subjects.ts';

/** LDAP and POSIX groups decide each GrowthBook member's role on one project. */
export const growthbookRoles = defineJob({
  name: 'growthbook-roles',
  description: 'LDAP and POSIX groups decide the role of each GrowthBook member on one project.',
  functionName: 'growthbookRoles',
  kinds: ['revoke', 'downgrade', 'upgrade', 'grant', 'unchanged', 'skipped', 'pending-sign-in'],
  settings: growthBookSettings,
  crossChecks: growthBookCrossChecks,
  describe,
  build,
});

function build(values: GrowthBookValues, run: Run): Stages<RoleFacts, Access, Member> {
  const policy = policyAt(
    values.GROWTHBOOK_POLICY ?? values.GROWTHBOOK_POLICY_FILE ?? defaultPolicy(),
    run.startedAt,
  );
  const rules = {
    order: policy.order,
    project: values.GROWTHBOOK_PROJECT,
    maxGlobalRole: values.GROWTHBOOK_GLOBAL_ROLE,
  };
  const protectedMembers = values.GROWTHBOOK_PROTECTED_MEMBERS;
  const resolveRules = { policy, access: rules, protectedMembers };
  const server = {
    root: values.GROWTHBOOK_API_URL,
    apiKey: values.GROWTHBOOK_LDAP_SYNC_API_KEY,
    project: values.GROWTHBOOK_PROJECT,
    perMinute: values.GROWTHBOOK_REQUESTS_PER_MINUTE,
  };
  const target = createGrowthBookTarget(server, rules, run);
  warnWithoutTls(ldapSettings(values), run.log);
  return {
    collect: (recorder) => collect({ values, policy, target, run }, recorder),
    resolve: (facts) => resolve(facts, resolveRules),
    subjects: (facts, resolved) => subjects(facts, resolved, resolveRules),
    identity: {
      target: { api: new URL(server.root).origin, project: server.project },
      compare: highestFirst(policy),
      hashInput: ({ account, kind, from, to }) => ({ account, kind, from, to }),
    },
    checkSafety: (resolved, facts) => {
      const { limits, objections } = checkSafety(resolved, safetyLimits(values), highestRole(policy));
      const more = [...lastAdmin(resolved.decisions, facts), ...unknownProtected(facts, protectedMembers)];
      return { limits, objections: [...objections, ...more] };
    },
    target: (facts) => target.from(facts),
    gauges: gaugesOf,
  };
}

const safetyLimits = (values: GrowthBookValues) => ({
  count: values.SAFETY_MAX_COUNT,
  percent: values.SAFETY_MAX_PERCENT,
  highest: values.SAFETY_MAX_HIGHEST,
  gainedCount: values.SAFETY_MAX_GAINED_COUNT,
  gainedPercent: values.SAFETY_MAX_GAINED_PERCENT,
});

/** The highest current role first, then the address, then the id. */
function highestFirst({ order }: Policy) {
  const rank = rankIn(order);
  return (a: Change<Access>, b: Change<Access>): number =>
    rank(projectRoleOf(b.from)) - rank(projectRoleOf(a.from)) ||
    compareText(a.label.toLowerCase(), b.label.toLowerCase()) ||
    compareText(a.account, b.account);
}

const FREE = ['noaccess', 'readonly'];

/** A member takes a full seat unless each of its roles is `noaccess` or `readonly`. */
const takesSeat = ({ globalRole, additionalRoles, projectRoles }: Member) =>
  [
    { role: globalRole },
    ...additionalRoles,
    ...projectRoles,
    ...projectRoles.flatMap((entry) => entry.additionalRoles ?? []),
  ].some(({ role }) => !FREE.includes(role));

const gaugesOf = (_: Resolved<Access, Member>, { members }: RoleFacts) => ({
  seatsInUse: members.filter(takesSeat).length,
});
