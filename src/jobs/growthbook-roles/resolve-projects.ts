import { addressKey } from '../../directories/same-name.ts';
import type { Decision, Note } from '../../engine/model.ts';
import { inOrder, isChange } from '../../engine/plan.ts';
import type { Resolved } from '../../engine/stage-types.ts';
import { canonicalJson } from '../../platform/canonical-json.ts';
import type { Access } from '../../targets/growthbook/access.ts';
import { afterWrite } from '../../targets/growthbook/role-update.ts';
import type { Member } from '../../targets/growthbook/schema.ts';
import { type Case, type DecideRules, decide } from './decide.ts';
import { highestFirst, type Projects } from './managed-projects.ts';
import { ambiguityNotes, teamNotes } from './notes.ts';
import { prepare, type RoleFacts, resolve } from './resolve.ts';

/** Resolves every project of a run from one reading. Where the policy is a list, each decision says its project. */
export function resolveProjects(
  facts: RoleFacts,
  projects: Projects,
  protectedMembers: readonly string[],
): Resolved<Access, Member> {
  const [only] = projects.all;
  if (!projects.areNamed && only) return resolve(facts, { ...only, protectedMembers });
  const isProtected = new Set(protectedMembers.map(addressKey));
  const prepared = projects.all.map((one) => {
    const { cases, pending, notes } = prepare(facts, { ...one, protectedMembers });
    const project = one.access.project;
    const rules = { ...one, isProtected };
    return { project, rules, cases, notes, pending: pending.map((decision) => ({ ...decision, project })) };
  });
  const results = facts.members.map((member, index) => decideMember(member, index, { prepared, projects }));
  const notes = [...results.flatMap((result) => result.notes), ...prepared.flatMap((one) => one.notes)];
  return {
    decisions: [
      ...results.flatMap(({ decisions }) => decisions),
      ...prepared.flatMap(({ pending }) => pending),
    ],
    notes: [...new Map(notes.map((note) => [canonicalJson(note), note])).values()],
  };
}

type MemberDecision = Decision<Access, Member>;

/** One project of a run, with a case for each member. */
interface Prepared {
  readonly project: string;
  readonly rules: DecideRules;
  readonly cases: readonly Case[];
}

interface ProjectDecision {
  readonly one: Case;
  readonly from: Prepared;
  readonly decision: MemberDecision;
}

/**
 * The decisions on one member in all projects. Each change starts from the row as earlier changes leave it: if a first write
 * lowers the global role, the next one finds it lowered.
 */
function decideMember(
  member: Member,
  index: number,
  { prepared, projects }: { readonly prepared: readonly Prepared[]; readonly projects: Projects },
): { readonly decisions: readonly MemberDecision[]; readonly notes: readonly Note[] } {
  const decisions: MemberDecision[] = [];
  const notes: Note[] = [];
  let row = member;
  let open = prepared;
  while (open.length > 0) {
    const decided = open.flatMap((from) =>
      from.cases.slice(index, index + 1).map((one) => decideOn({ ...one, member: row }, from)),
    );
    const [next] = decided
      .map(({ decision }) => decision)
      .filter(isChange)
      .toSorted(inOrder(highestFirst(projects)));
    const done = next ? decided.filter(({ decision }) => decision === next) : decided;
    for (const { decision, one, from } of done) {
      decisions.push(decision);
      notes.push(...ambiguityNotes(one, decision), ...teamNotes(one, decision, from.rules));
      if (next) row = afterWrite(row, next.to, from.rules.access);
    }
    open = open.filter((one) => !done.some(({ from }) => from === one));
  }
  return { decisions, notes };
}

const decideOn = (one: Case, from: Prepared): ProjectDecision => ({
  one,
  from,
  decision: { ...decide(one, from.rules), project: from.project },
});
