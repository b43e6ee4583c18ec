import { describe, expect, test } from 'vitest';
import type { Change } from '../../../src/engine/model.ts';
import { type Access, currentAccess } from '../../../src/targets/growthbook/access.ts';
import { lastAdminCheck } from '../../../src/targets/growthbook/last-admin.ts';
import type { Member, Team } from '../../../src/targets/growthbook/schema.ts';
import { decision, member, RULES, team } from '../../fixtures.ts';

const NOBODY = 'nobody else would have the global role admin';
const byRole = { globalRole: 'admin' };
const additional = (role: string) => ({
  additionalRoles: [{ role, environments: [], limitAccessByEnvironment: false }],
});

const changeOf = (row: Member, globalRole: string): Change<Access, Member> => ({
  ...decision(),
  kind: 'downgrade',
  account: row.id,
  row,
  from: currentAccess(row, RULES),
  to: { globalRole, projectRole: 'readonly', additionalRoles: [] },
});
const lower = (row: Member) => changeOf(row, 'readonly');

/** What the check says of the first change, and how many requests that took. */
async function checked(
  changes: readonly [Change<Access, Member>, ...Change<Access, Member>[]],
  { members = [], teams = [] }: { members?: readonly Member[]; teams?: readonly Team[] } = {},
) {
  let requests = 0;
  const answer = async <T>(value: T) => {
    requests += 1;
    return value;
  };
  const check = lastAdminCheck(changes, { members: () => answer(members), teams: () => answer(teams) });
  return { because: await check(changes[0]), requests };
}

describe('a write that lowers nobody who administers asks for nothing', () => {
  test.each([
    ['had no such role', changeOf(member('ann'), 'readonly')],
    ['has another additional role', changeOf(member('ann', additional('engineer')), 'readonly')],
    ['stays an administrator', changeOf(member('ann', byRole), 'admin')],
    [
      'has the role as an additional one and gets it as global role',
      changeOf(member('ann', additional('admin')), 'admin'),
    ],
  ])('where the member %s', async (_, change) => {
    expect(await checked([change])).toEqual({ because: undefined, requests: 0 });
  });
});

describe('a write that lowers an administrator', () => {
  const ann = member('ann', byRole);

  test.each([
    ['by the global role', ann],
    ['by an additional role', member('ann', additional('admin'))],
  ])('%s is refused where nobody else administers', async (_, row) => {
    const members = [row, member('bob', { globalRole: 'readonly', ...additional('engineer') })];
    expect(await checked([lower(row)], { members })).toEqual({ because: NOBODY, requests: 2 });
  });

  test.each([
    ['by the global role', byRole],
    ['by an additional role', additional('admin')],
  ])('is made where somebody else administers %s', async (_, over) => {
    const bob = member('bob', over);
    expect(await checked([lower(ann)], { members: [ann, bob] })).toEqual({ because: undefined, requests: 2 });
  });

  test.each([
    ['by the global role', byRole],
    ['by an additional role', additional('admin')],
  ])('is refused where the plan lowers the only other one, who administers %s', async (_, over) => {
    const bob = member('bob', over);
    const { because } = await checked([lower(ann), lower(bob)], { members: [ann, bob] });
    expect(because).toBe(NOBODY);
  });

  test('is made where the plan changes another administrator and leaves that role', async () => {
    const bob = member('bob', byRole);
    const { because } = await checked([lower(ann), changeOf(bob, 'admin')], { members: [ann, bob] });
    expect(because).toBeUndefined();
  });

  test.each([
    ['whose role is admin', { role: 'admin' }, undefined],
    ['with the additional role admin', additional('admin'), undefined],
    ['with another role', { role: 'engineer', ...additional('engineer') }, NOBODY],
  ])('and a member of a team %s', async (_, over, because) => {
    const teams = [team('t', over), team('others', { role: 'admin' })];
    const bob = member('bob', { teams: ['t'] });
    expect((await checked([lower(ann)], { members: [ann, bob], teams })).because).toBe(because);
    const inTeam = member('ann', { ...byRole, teams: ['t'] });
    expect((await checked([lower(inTeam)], { members: [inTeam], teams })).because).toBe(because);
  });
});
