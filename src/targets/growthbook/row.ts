import type { Change } from '../../pipeline/model.ts';
import { canonical } from '../../pipeline/plan.ts';
import { type Access, held } from './access.ts';
import type { Member } from './schema.ts';

/** How a member's row stands to a change: still as the plan read it, already as the plan wants it, or otherwise. */
export type Standing =
  | { readonly is: 'as-read' }
  | { readonly is: 'as-planned' }
  | { readonly is: 'otherwise'; readonly because: string };

/** What a write builds on; a login stamp or a name may change meanwhile. */
const basis = (row: Member) => {
  const {
    email,
    globalRole,
    environments,
    limitAccessByEnvironment,
    additionalRoles,
    projectRoles,
    managedbyIdp,
  } = row;
  return {
    email,
    globalRole,
    environments,
    limitAccessByEnvironment,
    additionalRoles,
    projectRoles,
    managedbyIdp,
  };
};

/** Compares a row, read just now, with the row that the change was planned from. */
export function standingOf(
  change: Change<Access>,
  { read, now, project }: { read: Member | undefined; now: Member | undefined; project: string },
): Standing {
  if (!now || !read) return { is: 'otherwise', because: 'no longer a member' };
  if (canonical(held(now, project)) === canonical(change.to)) return { is: 'as-planned' };
  const before: Readonly<Record<string, unknown>> = basis(read);
  const changed = Object.entries(basis(now)).filter(
    ([field, value]) => canonical(value) !== canonical(before[field]),
  );
  if (changed.length === 0) return { is: 'as-read' };
  return {
    is: 'otherwise',
    because: `changed since it was read: ${changed.map(([field]) => field).join(', ')}`,
  };
}
