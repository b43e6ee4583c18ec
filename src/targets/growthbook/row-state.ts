import type { Change } from '../../engine/model.ts';
import { canonicalJson } from '../../platform/canonical-json.ts';
import { type Access, currentAccess } from './access.ts';
import type { Member } from './schema.ts';

/** The state of a member's row compared with a change: unchanged since the plan, already as planned, or changed otherwise. */
export type RowState =
  | { readonly is: 'unchanged' }
  | { readonly is: 'done' }
  | { readonly is: 'conflict'; readonly because: string };

/** The fields that a plan is made from. A login time or a name may change meanwhile. */
const COMPARED = [
  'email',
  'globalRole',
  'limit',
  'additionalRoles',
  'projectRoles',
  'teams',
  'managedbyIdp',
] as const;

interface Limited {
  readonly limitAccessByEnvironment: boolean;
  readonly environments: readonly string[];
}

/** A limit in effective form: without a limit the list of environments means nothing. */
const limitOf = ({ limitAccessByEnvironment: limited, environments }: Limited) =>
  limited ? environments.toSorted() : null;

const roleOf = (row: Limited & { readonly role: string }) => ({ role: row.role, limit: limitOf(row) });

/** A row in effective form: GrowthBook rewrites all rows on its first write and adds empty lists where nothing was. */
const effective = (row: Member): Readonly<Record<(typeof COMPARED)[number], unknown>> => ({
  email: row.email,
  globalRole: row.globalRole,
  limit: limitOf(row),
  additionalRoles: row.additionalRoles.map(roleOf),
  projectRoles: row.projectRoles.map((entry) => ({
    project: entry.project,
    ...roleOf(entry),
    additionalRoles: (entry.additionalRoles ?? []).map(roleOf),
  })),
  teams: row.teams.toSorted(),
  managedbyIdp: row.managedbyIdp,
});

/** Compares a row, read just now, with the row that the change was planned from. */
export function rowStateOf(
  change: Pick<Change<Access, Member>, 'to' | 'row'>,
  { now, project }: { now: Member | undefined; project: string },
): RowState {
  if (!now) return { is: 'conflict', because: 'no longer a member' };
  if (canonicalJson(currentAccess(now, project)) === canonicalJson(change.to)) return { is: 'done' };
  const [present, planned] = [effective(now), effective(change.row)];
  const changed = COMPARED.filter((field) => canonicalJson(present[field]) !== canonicalJson(planned[field]));
  if (changed.length === 0) return { is: 'unchanged' };
  return { is: 'conflict', because: `changed since it was read: ${changed.join(', ')}` };
}
