import type { Change } from '../../engine/model.ts';
import { canonicalJson } from '../../platform/canonical-json.ts';
import { type Access, currentAccess } from './access.ts';
import type { Member } from './schema.ts';

/** The state of a member's row compared with a change: unchanged since the plan, already as planned, or changed otherwise. */
export type RowState =
  | { readonly is: 'unchanged' }
  | { readonly is: 'done' }
  | { readonly is: 'conflict'; readonly because: string };

/** The fields that a write is built on. A login time or a name may change meanwhile. */
const COMPARED = [
  'email',
  'globalRole',
  'environments',
  'limitAccessByEnvironment',
  'additionalRoles',
  'projectRoles',
  'managedbyIdp',
] as const satisfies readonly (keyof Member)[];

/** Compares a row, read just now, with the row that the change was planned from. */
export function rowStateOf(
  change: Pick<Change<Access, Member>, 'to' | 'row'>,
  { now, project }: { now: Member | undefined; project: string },
): RowState {
  if (!now) return { is: 'conflict', because: 'no longer a member' };
  if (canonicalJson(currentAccess(now, project)) === canonicalJson(change.to)) return { is: 'done' };
  const changed = COMPARED.filter((field) => canonicalJson(now[field]) !== canonicalJson(change.row[field]));
  if (changed.length === 0) return { is: 'unchanged' };
  return { is: 'conflict', because: `changed since it was read: ${changed.join(', ')}` };
}
