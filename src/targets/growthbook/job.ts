import { ldapSettings, warnInTheClear } from '../../directories/ldap-settings.ts';
import { defineJob } from '../../job.ts';
import type { Change, Resolved, Stages } from '../../pipeline/model.ts';
import { byText } from '../../pipeline/plan.ts';
import type { Run } from '../../runtime/run.ts';
import { type Access, describe, roleOn } from './access.ts';
import { collect } from './collect.ts';
import { judge } from './judge.ts';
import { defaultPolicy, highestRole, type Policy, rankIn } from './policy.ts';
import { type Facts, resolve } from './resolve.ts';
import type { Member } from './schema.ts';
import { type GrowthBookValues, growthBookFaults, growthBookVariables } from './settings.ts';
import { growthBook } from './target.ts';

/** LDAP and POSIX groups decide each GrowthBook member's role on one project. */
export const growthbookRoles = defineJob({
  name: 'growthbook-roles',
  kinds: ['revoke', 'downgrade', 'upgrade', 'grant', 'unchanged', 'skipped', 'pending-sign-in'],
  settings: growthBookVariables,
  between: growthBookFaults,
  build,
});

function build(values: GrowthBookValues, run: Run): Stages<Facts, Access> {
  const policy = values.GROWTHBOOK_POLICY ?? defaultPolicy();
  const terms = {
    order: policy.order,
    project: values.GROWTHBOOK_PROJECT,
    ceiling: values.GROWTHBOOK_GLOBAL_ROLE,
  };
  const protectedMembers = values.GROWTHBOOK_PROTECTED_MEMBERS.map((address) => address.toLowerCase());
  const server = {
    root: values.GROWTHBOOK_API_URL,
    apiKey: values.GROWTHBOOK_LDAP_SYNC_API_KEY,
    project: values.GROWTHBOOK_PROJECT,
    perMinute: values.GROWTHBOOK_REQUESTS_PER_MINUTE,
  };
  const target = growthBook(server, terms, run);
  warnInTheClear(ldapSettings(values), run.log);
  return {
    collect: (recorder) => collect({ values, policy, target, run }, recorder),
    resolve: (facts) => resolve(facts, { policy, terms, protectedMembers }),
    identity: {
      target: { api: new URL(server.root).origin, project: server.project },
      compare: highestFirst(policy),
      essence: ({ account, kind, from, to }) => ({ account, kind, from, to }),
    },
    judge: (resolved) => judge(resolved, thresholds(values), highestRole(policy)),
    target,
    gauges: gaugesOf,
    describe,
  };
}

const thresholds = (values: GrowthBookValues) => ({
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
    rank(roleOn(b.from)) - rank(roleOn(a.from)) ||
    byText(a.label.toLowerCase(), b.label.toLowerCase()) ||
    byText(a.account, b.account);
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

const gaugesOf = (_: Resolved<Access>, { members }: Facts) => ({
  seatsInUse: members.filter(takesSeat).length,
});
