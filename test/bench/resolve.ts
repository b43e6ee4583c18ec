import { makePlan } from '../../src/engine/plan.ts';
import type { PlanIdentity } from '../../src/engine/stage-types.ts';
import { defaultPolicy } from '../../src/jobs/growthbook-roles/policy.ts';
import { type RoleFacts, resolve } from '../../src/jobs/growthbook-roles/resolve.ts';
import { checkSafety } from '../../src/jobs/growthbook-roles/safety.ts';
import { compareText } from '../../src/platform/compare-text.ts';
import { policyAt } from '../../src/policy/dated-policy.ts';
import { highestRole } from '../../src/policy/named-groups.ts';
import type { Access } from '../../src/targets/growthbook/access.ts';
import type { Member } from '../../src/targets/growthbook/schema.ts';
import { entry, facts, GATE, member, PROJECT, person, team } from '../fixtures.ts';

/** One line of the bench's table. `limit` is the most that `measured` may be. */
export interface BenchRow {
  readonly name: string;
  readonly measured: string;
  readonly limit: string;
  readonly isWithin: boolean;
}

const MEMBERS = 100_000;
const MAX_MS = 300;
const MAX_MIB = 300;
const ROUNDS = 5;

/** An organisation of this size in which every rule occurs and one member in a hundred does not have the desired role. */
export function organisation(size: number): RoleFacts {
  const uids = Array.from({ length: size }, (_, n) => `person${n}`);
  const every = (step: number) => uids.filter((_, n) => n % step === 0);
  const read = {
    ...facts({
      people: uids.map((uid, n) => person(uid, { disabled: n % 97 === 0 })),
      posix: {
        [GATE]: uids.filter((_, n) => n % 13 !== 0),
        deployment: every(3),
        'analytics-wmde-users': every(11),
      },
      absent: every(101),
      members: uids.map((uid, n) => member(uid, { teams: n % 5 === 0 ? ['t1', 't2'] : [] })),
      teams: Array.from({ length: 20 }, (_, n) => team(`t${n}`, { projectRoles: [entry('readonly')] })),
    }),
  };
  const people = (step: number) => read.people.filter((_, n) => n % step === 0);
  const membersOf = new Map([
    ['growthbook-admin', people(50)],
    ['growthbook-customelevatedaccess', people(7)],
    ['growthbook-readonly', people(1)],
  ]);
  const { changes } = plan({ ...read, membersOf });
  const desired = new Map(changes.map(({ account, to }) => [account, to.projectRole]));
  const held = ({ id }: Member, n: number) => (n % 100 === 0 ? 'engineer' : (desired.get(id) ?? 'noaccess'));
  const members = read.members.map((one, n) => ({ ...one, projectRoles: [entry(held(one, n))] }));
  return { ...read, membersOf, members };
}

/** Resolve, plan and safety, from facts that were read. */
export function plan(read: RoleFacts) {
  const policy = policyAt(defaultPolicy(), 0);
  const access = { order: policy.order, project: PROJECT, maxGlobalRole: 'readonly' };
  const resolved = resolve(read, { policy, access, protectedMembers: ['person1@example.org'] });
  const identity: PlanIdentity<Access, Member> = {
    target: { project: PROJECT },
    compare: (a, b) => compareText(a.account, b.account),
    hashInput: ({ account, kind, from, to }) => ({ account, kind, from, to }),
  };
  const limits = { count: 5, percent: 10, highest: 3, gainedCount: 10, gainedPercent: 25 };
  return {
    ...makePlan(resolved.decisions, identity),
    ...checkSafety(resolved, limits, ({ to }) => to.projectRole === highestRole(policy)),
  };
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/** The time and the memory of resolve, plan and safety of 100,000 members: the median of five rounds. */
export function benchResolve(): BenchRow {
  const read = organisation(MEMBERS);
  const rounds = Array.from({ length: ROUNDS }, () => {
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    const startedAt = performance.now();
    const planned = plan(read);
    const ms = performance.now() - startedAt;
    const mib = (process.memoryUsage().heapUsed - before) / 2 ** 20;
    if (planned.changes.length === 0) throw new Error('the bench plans nothing');
    return { ms, mib };
  });
  const [ms, mib] = [median(rounds.map((one) => one.ms)), median(rounds.map((one) => one.mib))];
  return {
    name: `resolve, plan and safety of ${MEMBERS} members`,
    measured: `${Math.round(ms)} ms, ${Math.round(mib)} MiB`,
    limit: `${MAX_MS} ms, ${MAX_MIB} MiB`,
    isWithin: ms < MAX_MS && mib < MAX_MIB,
  };
}

if (import.meta.main) console.table([benchResolve()]);
