import { expect } from 'vitest';
import { approvalOf } from '../../src/app/read-plan-file.ts';
import { growthBookContent } from '../sandbox/growthbook/example.ts';
import { openScenario } from './growthbook.ts';
import { test } from './harness.ts';

const STRICT = { SAFETY_MAX_COUNT: '0', SAFETY_MAX_PERCENT: '0' };
const LEAVERS = 300;
const leavers = Array.from({ length: LEAVERS }, (_, n) => ({
  id: `u_leaver${n}`,
  role: 'engineer',
  email: `leaver${n}@example.org`,
}));

test('one approval of 300 changes at 60 requests a minute is finished by later runs, and what is not part of it is withheld', async () => {
  const content = { ...growthBookContent, members: [...growthBookContent.members, ...leavers] };
  const scenario = await openScenario({ content, requestsPerMinute: 60 });
  const { report: plan } = await scenario.run({ dryRun: true });
  expect(plan.outcome).toBe('refused');
  expect(plan.changes).toHaveLength(LEAVERS + 12);
  const approve = () =>
    approvalOf(JSON.parse(JSON.stringify(plan)), 'a team left', {
      job: 'growthbook-roles',
      now: scenario.clock.now(),
    });

  const outcomes: string[] = [];
  const appliedIn: number[] = [];
  for (let run = 0; run < 20 && outcomes.at(-1) !== 'unchanged'; run += 1) {
    if (run === 1) Object.assign(scenario.growthbook.member('u_mona'), { role: 'engineer' });
    const { report } = await scenario.run({ approval: approve() }, STRICT);
    outcomes.push(report.outcome);
    appliedIn.push(report.changes.filter(({ result }) => result === 'applied').length);
    if (appliedIn.at(-1) === 0) break;
    scenario.clock.advance(300_000);
  }

  expect(appliedIn.length).toBeGreaterThan(2);
  expect(appliedIn.reduce((a, b) => a + b, 0)).toBe(LEAVERS + 12);
  expect(outcomes[0]).toBe('deadline');
  expect(outcomes.at(-1)).toBe('refused');
  expect(scenario.growthbook.member('u_mona').role).toBe('engineer');
  expect(scenario.growthbook.member('u_mona').projectRoles ?? []).toEqual([]);
  const { report: rest } = await scenario.run({ dryRun: true });
  expect(rest.changes.map(({ account }) => account)).toEqual(['u_mona']);
});
