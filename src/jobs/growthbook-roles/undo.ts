import { z } from 'zod';
import { addressKey } from '../../directories/same-name.ts';
import type { Decision } from '../../engine/model.ts';
import type { UndoneChange, UndoneRun } from '../../engine/run-types.ts';
import type { Resolved } from '../../engine/stage-types.ts';
import { canonicalJson } from '../../platform/canonical-json.ts';
import { InvalidRequestError } from '../../platform/errors.ts';
import { type Access, currentAccess, describe, kindOf } from '../../targets/growthbook/access.ts';
import type { Member } from '../../targets/growthbook/schema.ts';
import { type DecideRules, type SkipReason, whySkipped } from './decide.ts';
import { type Projects, projectOf } from './managed-projects.ts';
import { type MemberMatch, matchMembers } from './match.ts';
import type { RoleFacts } from './resolve.ts';

/**
 * The opposite of what a run changed. An account is skipped, with the reason, if its access has changed since that
 * run, or if no write can restore it. Throws `InvalidRequestError` where the report has access in another form.
 */
export function undo(
  facts: RoleFacts,
  { id, changes }: UndoneRun,
  rules: UndoRules,
): Resolved<Access, Member> {
  const matches = new Map(
    matchMembers(facts.members, facts.people).joined.map((one) => [one.member.id, one]),
  );
  const isProtected = new Set(rules.protectedMembers.map(addressKey));
  const decisions = changes.map((change): Decision<Access, Member> => {
    const undone = { id, change, from: accessIn(change.from, id), left: accessIn(change.to, id) };
    const match = matches.get(change.account);
    if (!match) return noLongerMember(undone);
    return undoOne(undone, match, { facts, rules: { ...projectOf(rules.projects, change), isProtected } });
  });
  return { decisions, notes: [] };
}

/** The rules of an undo. */
export interface UndoRules {
  readonly projects: Projects;
  readonly protectedMembers: readonly string[];
}

const AccessShape = z.object({
  globalRole: z.string().min(1),
  projectRole: z.string().min(1).nullable(),
  additionalRoles: z.array(z.string()),
});

function accessIn(value: unknown, run: string): Access {
  const parsed = AccessShape.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new InvalidRequestError(`undo: the report of run ${run} has access in another form`);
}

/** One change of the earlier run: access before it, and as it left it. */
interface Undone {
  readonly id: string;
  readonly change: UndoneChange;
  readonly from: Access;
  readonly left: Access;
}

const accountFields = ({ change: { account, label, project } }: Undone) => ({
  account,
  label,
  ...(project === undefined ? {} : { project }),
  rule: null,
  groups: [],
});

const noLongerMember = (undone: Undone): Decision<Access, Member> => ({
  ...accountFields(undone),
  kind: 'skipped',
  row: null,
  from: null,
  to: null,
  because: 'is no longer a member',
  needsPerson: { reason: 'changed-since', due: null },
});

interface UndoContext {
  readonly facts: Pick<RoleFacts, 'teams'>;
  readonly rules: DecideRules;
}

function undoOne(
  undone: Undone,
  match: MemberMatch,
  { facts, rules }: UndoContext,
): Decision<Access, Member> {
  const { member } = match;
  const { order } = rules.access;
  const from = currentAccess(member, rules.access);
  // No write removes an entry. If there was none, an entry with the role that was in force then does the same.
  const to = { ...undone.from, projectRole: undone.from.projectRole ?? undone.from.globalRole };
  const kind = kindOf(from, to, order);
  const skipReason =
    changedSince(from, undone) ??
    cannotReturn(from, to, undone.change) ??
    ambiguousGain(match, kind) ??
    whySkipped({ ...match, teams: facts.teams }, { to, kind }, rules);
  const decision = { ...accountFields(undone), row: member, from };
  if (!skipReason) {
    const because = `undoes the ${undone.change.kind} of run ${undone.id}`;
    return { ...decision, kind, to: kind === 'unchanged' ? from : to, because };
  }
  const { reason, because } = skipReason;
  const due = reason === 'changed-since' ? null : `${kind} ${describe(from, to)}`;
  return { ...decision, kind: 'skipped', to: from, because, needsPerson: { reason, due } };
}

const changedSince = (from: Access, { left }: Undone): SkipReason | undefined =>
  canonicalJson(from) === canonicalJson(left)
    ? undefined
    : { reason: 'changed-since', because: `its access is not what the run left: ${describe(left, from)}` };

function cannotReturn(from: Access, to: Access, { environments }: UndoneChange): SkipReason | undefined {
  if (environments)
    return {
      reason: 'unwritable',
      because: `its role was limited to environments (${environments.join(', ')}), and no write gives a limit back`,
    };
  if (to.globalRole !== from.globalRole)
    return { reason: 'unwritable', because: 'no write raises a global role' };
  return to.additionalRoles.length > 0
    ? { reason: 'unwritable', because: 'no write gives additional roles' }
    : undefined;
}

const ambiguousGain = ({ ambiguous }: MemberMatch, kind: string): SkipReason | undefined =>
  ambiguous !== undefined && (kind === 'grant' || kind === 'upgrade')
    ? { reason: 'ambiguous', because: ambiguous }
    : undefined;
