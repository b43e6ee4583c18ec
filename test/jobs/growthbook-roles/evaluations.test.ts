import { expect, test, vi } from 'vitest';
import { defaultPolicy } from '../../../src/jobs/growthbook-roles/policy.ts';
import { resolve } from '../../../src/jobs/growthbook-roles/resolve.ts';
import { policyAt } from '../../../src/policy/dated-policy.ts';
import { decideRole } from '../../../src/policy/evaluate.ts';
import { entry, facts, GATE, member, PROJECT, person, team } from '../../fixtures.ts';

vi.mock('../../../src/policy/evaluate.ts', async (original) => {
  const real = await original<typeof import('../../../src/policy/evaluate.ts')>();
  return { ...real, decideRole: vi.fn(real.decideRole) };
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
  const evaluated = vi.mocked(decideRole).mock.calls.map(([, { uid }]) => uid);
  expect(evaluated.toSorted()).toEqual(uids.toSorted());
});
