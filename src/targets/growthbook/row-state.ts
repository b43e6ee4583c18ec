import type { Change } from '../../engine/model.ts';
import { canonicalJson } from '../../platform/canonical-json.ts';
import { type Access, currentAccess, entriesOf, type ProjectRules } from './access.ts';
import type { Member, ProjectRole } from './schema.ts';

/**
 * The state of a member's row compared with a change: as the plan was made from it, already as planned, or changed otherwise.
 * `elsewhere` says what differs on other projects: no plan is made from that, and no write changes it.
 */
export type RowState =
  | { readonly is: 'unchanged'; readonly elsewhere?: string }
  | { readonly is: 'done'; readonly elsewhere?: undefined }
  | { readonly is: 'conflict'; readonly because: string; readonly elsewhere?: undefined };

/** The state of a row that somebody else changed. */
export const conflict = (because: string): RowState => ({ is: 'conflict', because });

interface Limited {
  readonly limitAccessByEnvironment: boolean;
  readonly environments: readonly string[];
}

/** A limit in effective form: without a limit the list of environments has no meaning. */
const limitOf = ({ limitAccessByEnvironment: limited, environments }: Limited) =>
  limited ? environments.toSorted() : null;

const roleOf = (row: Limited & { readonly role: string }) => ({ role: row.role, limit: limitOf(row) });

const entryIn = (entry: ProjectRole) => ({
  project: entry.project,
  ...roleOf(entry),
  additionalRoles: (entry.additionalRoles ?? []).map(roleOf),
});

/**
 * The fields that a plan depends on, in effective form: GrowthBook rewrites all rows on its first write and adds missing empty lists. A login time or a name may change.
 */
const plannedFrom = (row: Member, project: string): Readonly<Record<string, unknown>> => ({
  email: row.email,
  globalRole: row.globalRole,
  limit: limitOf(row),
  additionalRoles: row.additionalRoles.map(roleOf),
  'entry of the project': entriesOf(row, project).map(entryIn),
  teams: row.teams.toSorted(),
  managedbyIdp: row.managedbyIdp,
});

/** The entries of projects that this run does not write, in effective form. */
const elsewhereOf = (row: Member, ours: readonly string[]): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    [
      ...Map.groupBy(
        row.projectRoles.filter((entry) => !ours.includes(entry.project)),
        (entry) => entry.project,
      ),
    ].map(([id, entries]) => [`entry of ${id}`, entries.map(entryIn)]),
  );

/** The fields in which two forms differ. */
function differences(
  a: Readonly<Record<string, unknown>>,
  b: Readonly<Record<string, unknown>>,
): readonly string[] {
  const fields = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return fields.filter((field) => canonicalJson(a[field] ?? null) !== canonicalJson(b[field] ?? null));
}

/** What differs between two rows of one member: in what a plan is made from, and on other projects. */
export function compareRows(
  a: Member,
  b: Member,
  { project, otherProjects = [] }: Pick<ProjectRules, 'project' | 'otherProjects'>,
) {
  const ours = [project, ...otherProjects];
  return {
    planned: differences(plannedFrom(a, project), plannedFrom(b, project)),
    elsewhere: differences(elsewhereOf(a, ours), elsewhereOf(b, ours)),
  };
}

/** Compares a row, read just now, with the row that the change was planned from. */
export function rowStateOf(
  change: Pick<Change<Access, Member>, 'to' | 'row'>,
  { now, rules }: { readonly now: Member; readonly rules: ProjectRules },
): RowState {
  if (canonicalJson(currentAccess(now, rules)) === canonicalJson(change.to)) return { is: 'done' };
  const { planned, elsewhere } = compareRows(now, change.row, rules);
  if (planned.length > 0) return conflict(`changed since it was read: ${planned.join(', ')}`);
  return { is: 'unchanged', ...(elsewhere.length > 0 ? { elsewhere: elsewhere.join(', ') } : {}) };
}
