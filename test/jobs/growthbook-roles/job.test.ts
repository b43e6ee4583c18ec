import { createHash } from 'node:crypto';
import { describe, expect, onTestFinished, test } from 'vitest';
import { defaultPolicy } from '../../../src/jobs/growthbook-roles/policy.ts';
import { startScenario } from '../../scenarios/growthbook.ts';

const FILE = 'modules/admin/data/data.yaml';

async function scenario() {
  const set = await startScenario();
  onTestFinished(() => set.close());
  const hash = async (environment: Readonly<Record<string, string>> = {}) =>
    (await set.run({ dryRun: true }, environment)).report.planHash;
  return { ...set, hash };
}

/** JSON with the keys of every object in alphabetical order. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
};

describe('the plan’s hash', () => {
  test('covers API origin, project and, for each change in order, account, kind, from and to', async () => {
    const { run, growthbook, environment } = await scenario();
    const { planHash, changes } = (await run({ dryRun: true })).report;
    const target = { api: growthbook.origin, project: environment.GROWTHBOOK_PROJECT };
    const hashed = changes.map(({ account, kind, from, to }) => ({ account, kind, from, to }));
    const text = JSON.stringify(sorted({ target, changes: hashed }));
    expect(planHash).toBe(`sha256:${createHash('sha256').update(text).digest('hex')}`);
  });

  test('covers neither thresholds nor mode nor sentences nor versions', async () => {
    const { hash, run, gitiles } = await scenario();
    const first = await hash();
    expect(await hash({ SAFETY_MAX_COUNT: '0', SAFETY_MAX_PERCENT: '0' })).toBe(first);
    expect(await hash({ MODE: 'observe' })).toBe(first);
    const renumbered = JSON.stringify(defaultPolicy()).replaceAll('"rule":4', '"rule":40');
    expect(await hash({ GROWTHBOOK_POLICY: renumbered })).toBe(first);
    const text = await (await fetch(gitiles.rawUrl('production', FILE))).text();
    gitiles.push('production', '1'.repeat(40), { [FILE]: text });
    const { planHash, sources } = (await run({ dryRun: true })).report;
    expect(sources.map(({ version }) => version)).toContain('1'.repeat(40));
    expect(planHash).toBe(first);
  });

  test('changes with a change', async () => {
    const { hash } = await scenario();
    expect(await hash({ GROWTHBOOK_GLOBAL_ROLE: 'noaccess' })).not.toBe(await hash());
  });

  test('changes with the project, though nothing else differs', async () => {
    const { hash } = await scenario();
    const [one, other] = [await hash({ GROWTHBOOK_PROJECT: 'prj_search' }), await hash()];
    expect(one).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(one).not.toBe(other);
  });
});

test('changes are ordered by kind, then the highest current role, then the address', async () => {
  const { run } = await scenario();
  const { order } = defaultPolicy();
  const rank = (role: string) => (order.includes(role) ? order.indexOf(role) : order.length);
  const { changes } = (await run({ dryRun: true })).report;
  const kinds = ['revoke', 'downgrade', 'upgrade', 'grant'];
  const keys = changes.map(({ kind, from, label }) => {
    const { projectRole, globalRole } = from as { projectRole: string | null; globalRole: string };
    return [kinds.indexOf(kind), -rank(projectRole ?? globalRole), label.toLowerCase()] as const;
  });
  const expected = keys.toSorted(([a, b, c], [x, y, z]) => a - x || b - y || (c < z ? -1 : 1));
  expect(keys).toEqual(expected);
  expect(new Set(changes.map(({ kind }) => kind))).toEqual(new Set(kinds));
});
