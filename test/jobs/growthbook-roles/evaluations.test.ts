import { expect, test, vi } from 'vitest';
import { defaultPolicy } from '../../../src/jobs/growthbook-roles/policy.ts';
import { resolve } from '../../../src/jobs/growthbook-roles/resolve.ts';
import { evaluate, policyAt } from '../../../src/policy/evaluate.ts';
import { entry, facts, GATE, member, PROJECT, person, team } from '../../fixtures.ts';

vi.mock('../../../src/policy/evaluate.ts', async (original) => {
  const real = await original<typeof import('../../../src/policy/evaluate.ts')>();
  return { ...real, evaluate: vi.fn(real.evaluate) };
});

test('everybody is evaluated exactly once, however many members, teams and notes there are', () => {
  const people = Array.from({ length: 50 }, (_, n) => person(`p${n}`));
  const uids = people.map(({ uid }) => uid);
  const policy = policyAt(defaultPolicy(), 0);
  const members = [
    ...uids.slice(0, 40).map((uid) => member(uid, { teams: ['t'] })),
    member('double', { email: 'p0@example.org', projectRoles: [entry('admin')] }),
  ];
  const { decisions } = resolve(
    facts({
      people,
      groups: { 'growthbook-readonly': uids },
      posix: { [GATE]: uids },
      members,
      teams: [team('t', { projectRoles: [entry('admin')] })],
    }),
    {
      policy,
      access: { order: policy.order, project: PROJECT, maxGlobalRole: 'readonly' },
      protectedMembers: [],
    },
  );
  expect(decisions).toHaveLength(51);
  const evaluated = vi.mocked(evaluate).mock.calls.map(([, { uid }]) => uid);
  expect(evaluated.toSorted()).toEqual(uids.toSorted());
});
