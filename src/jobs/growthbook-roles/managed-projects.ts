/** The projects whose access a run manages, with the policy of each. */

import type { Change } from '../../engine/model.ts';
import { rankIn } from '../../engine/role-order.ts';
import { compareText } from '../../platform/compare-text.ts';
import { type DatedPolicy, policyAt } from '../../policy/dated-policy.ts';
import { groupsNamed, highestRole } from '../../policy/named-groups.ts';
import type { ProjectPolicy } from '../../policy/policy.ts';
import {
  type Access,
  type AccessRules,
  projectRoleOf,
  type RulesOf,
} from '../../targets/growthbook/access.ts';
import { defaultPolicy } from './policy.ts';
import type { GrowthBookValues } from './settings.ts';

/** One project that a run manages: its policy, and how its access is written. */
export interface Project {
  readonly policy: DatedPolicy;
  readonly access: AccessRules;
}

/** The projects of a run. `areNamed` is true if the policy is a list; then each change says its project. */
export interface Projects {
  readonly areNamed: boolean;
  readonly all: readonly Project[];
}

/** The projects that the settings name, each with its policy as it is at a time in milliseconds since 1970. */
export function projectsFrom(values: GrowthBookValues, now: number): Projects {
  const given = values.GROWTHBOOK_POLICY ?? values.GROWTHBOOK_POLICY_FILE ?? defaultPolicy();
  if (isList(given)) {
    const ids = given.map(({ project }) => project);
    const all = given.map(({ project, policy }) => ({
      policy: policyAt(policy, now),
      access: {
        order: policy.order,
        project,
        maxGlobalRole: values.GROWTHBOOK_GLOBAL_ROLE,
        otherProjects: ids.filter((id) => id !== project),
      },
    }));
    return { areNamed: true, all };
  }
  const project = values.GROWTHBOOK_PROJECT ?? '';
  const access = { order: given.order, project, maxGlobalRole: values.GROWTHBOOK_GLOBAL_ROLE };
  return { areNamed: false, all: [{ policy: policyAt(given, now), access }] };
}

const isList = (given: object): given is readonly ProjectPolicy[] => Array.isArray(given);

/** The project of a decision. */
export function projectOf(
  { all }: Projects,
  { project }: { readonly project?: string | undefined },
): Project {
  const found = project === undefined ? all[0] : all.find(({ access }) => access.project === project);
  if (!found) throw new Error(`no project ${project} in this run`);
  return found;
}

/** The rules by which a change is written. */
export const rulesOf =
  (projects: Projects): RulesOf =>
  (change) =>
    projectOf(projects, change).access;

/** Orders changes of one kind: the highest current role first, then the address, then the id, then the project. */
export const highestFirst =
  (projects: Projects) =>
  (a: Change<Access>, b: Change<Access>): number =>
    rankOf(projects, b) - rankOf(projects, a) ||
    compareText(a.label.toLowerCase(), b.label.toLowerCase()) ||
    compareText(a.account, b.account) ||
    compareText(a.project ?? '', b.project ?? '');

const rankOf = (projects: Projects, change: Change<Access>): number =>
  rankIn(projectOf(projects, change).policy.order)(projectRoleOf(change.from));

/** Whether a change ends in the highest role that its project's policy gives. */
export const endsHighest =
  (projects: Projects) =>
  (change: Change<Access>): boolean =>
    change.to.projectRole === highestRole(projectOf(projects, change).policy);

/** The groups that may be missing or empty: every policy that names them has to allow it. */
export function mayBeEmptyIn({ all }: Projects): readonly string[] {
  const namedBy = ({ policy }: Project) => [...groupsNamed(policy, 'ldap'), ...groupsNamed(policy, 'posix')];
  const needed = new Set(
    all.flatMap((one) => namedBy(one).filter((group) => !one.policy.mayBeEmpty.includes(group))),
  );
  return [...new Set(all.flatMap(({ policy }) => policy.mayBeEmpty))].filter((group) => !needed.has(group));
}
