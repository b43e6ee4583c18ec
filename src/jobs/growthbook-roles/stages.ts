import { warnWithoutTls } from '../../directories/ldap/settings.ts';
import { addressKey } from '../../directories/same-name.ts';
import { isLoss } from '../../engine/model.ts';
import type { Run } from '../../engine/run-types.ts';
import type { Resolved, Stages } from '../../engine/stage-types.ts';
import { type Access, kindOf, projectRoleOf } from '../../targets/growthbook/access.ts';
import type { Member } from '../../targets/growthbook/schema.ts';
import { createGrowthBookTarget } from '../../targets/growthbook/target.ts';
import { changeMemberships } from './change-memberships.ts';
import { checks } from './checks.ts';
import { collect } from './collect.ts';
import { factsFormat } from './facts-format.ts';
import { lastAdmin } from './last-admin.ts';
import { subjects } from './list-subjects.ts';
import {
  endsHighest,
  highestFirst,
  type Project,
  type Projects,
  projectOf,
  projectsFrom,
  rulesOf,
} from './managed-projects.ts';
import type { RoleFacts } from './resolve.ts';
import { resolveProjects } from './resolve-projects.ts';
import { checkSafety } from './safety.ts';
import { type GrowthBookValues, roleSettings } from './settings.ts';
import { undo } from './undo.ts';
import { unknownProtected } from './unknown-protected.ts';
import { driftIn } from './unmanaged-access.ts';

/** Builds the stages of a run from the job's settings. */
export function buildStages(
  values: GrowthBookValues,
  run: Run,
  compared?: GrowthBookValues,
): Stages<RoleFacts, Access, Member> {
  const projects = projectsFrom(values, run.startedAt);
  const toRead = compared ? together(projects, projectsFrom(compared, run.startedAt)) : projects;
  const ids = projects.all.map(({ access }) => access.project);
  const settings = roleSettings(values);
  const { server, limits, protectedMembers } = settings;
  const target = createGrowthBookTarget({ ...server, projects: ids }, rulesOf(projects), run);
  warnWithoutTls(settings.ldap, run.log);
  return {
    collect: (recorder) => collect({ settings, projects: toRead, target, run }, recorder),
    resolve: (facts) => {
      const resolved = resolveProjects(facts, projects, protectedMembers);
      return { ...resolved, drift: driftIn(facts, resolved, { now: run.startedAt, projects: ids }) };
    },
    subjects: (facts, resolved) =>
      projects.all.flatMap((one) =>
        subjects(facts, ofProject(resolved, one, projects), { ...one, protectedMembers }),
      ),
    identity: {
      target: { api: new URL(server.root).origin, project: ids.join(',') },
      compare: highestFirst(projects),
      hashInput: ({ account, project, kind, from, to }) => ({ account, project, kind, from, to }),
    },
    checkSafety: (resolved, facts) => {
      const report = checkSafety(resolved, limits, endsHighest(projects));
      const more = [...lastAdmin(resolved.decisions, facts), ...unknownProtected(facts, protectedMembers)];
      return { ...report, objections: [...report.objections, ...more] };
    },
    target: (facts) => target.from(facts),
    undo: (facts, undone) => undo(facts, undone, { projects, protectedMembers }),
    comparison: {
      keyOf: addressKey,
      decisionOf: ({ to, atSignIn }) => (to === null ? (atSignIn ?? 'noaccess') : projectRoleOf(to)),
      wordOf: (role) => (/^(?:|none|null)$/i.test(role) ? 'noaccess' : role),
      nothing: 'noaccess',
    },
    whatIf: {
      factsFormat: factsFormat(projects),
      change: changeMemberships,
      compareAccess: (before, after, decision) => compareAccess(before, after, projectOf(projects, decision)),
    },
    checks: () => checks(settings, { projects, target }, run),
    gauges: gaugesOf,
  };
}

/** The projects of two policies, for reading what both need. */
const together = (one: Projects, other: Projects): Projects => ({ ...one, all: [...one.all, ...other.all] });

function compareAccess(before: Access, after: Access, { policy }: Project): number {
  const kind = kindOf(before, after, policy.order);
  if (kind === 'unchanged') return 0;
  return isLoss(kind) ? -1 : 1;
}

/** The decisions about one project. */
const ofProject = (
  resolved: Resolved<Access, Member>,
  { access }: Project,
  { areNamed }: Projects,
): Resolved<Access, Member> =>
  areNamed
    ? { ...resolved, decisions: resolved.decisions.filter(({ project }) => project === access.project) }
    : resolved;

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
