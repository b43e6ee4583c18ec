import { describe, expect, test } from 'vitest';
import type { Change, ChangeKind } from '../../../src/engine/model.ts';
import type { Access } from '../../../src/targets/growthbook/access.ts';
import { probesFor } from '../../../src/targets/growthbook/role-probes.ts';
import type { Member } from '../../../src/targets/growthbook/schema.ts';
import { decision, entry, member, team } from '../../fixtures.ts';

let serial = 0;
function gain(projectRole: string | null, kind: ChangeKind = 'grant'): Change<Access, Member> {
  serial += 1;
  const from = { globalRole: 'superhero', projectRole: null, additionalRoles: [] };
  const account = `u_${serial}`;
  return { ...decision(), kind, account, row: member(account), from, to: { ...from, projectRole } };
}
const nothing = { members: [], teams: [] };
const more = (role: string) => [{ role, environments: [], limitAccessByEnvironment: false }];

test('the gains by each role that nobody is known to have are a group, in the order of the plan', () => {
  const [a, b, c, d] = [
    gain('custom'),
    gain('other', 'upgrade'),
    gain('custom', 'upgrade'),
    gain('readonly'),
  ];
  expect(probesFor([a, b, c, d], nothing)).toEqual([[a, c], [b]]);
});

test.each([
  ['a loss', [gain('custom', 'revoke'), gain('custom', 'downgrade')]],
  ['a gain that leaves no entry', [gain(null)]],
  [
    'a role of every organisation',
    'noaccess readonly collaborator visualEditor analyst engineer experimenter gbDefault_projectAdmin admin'
      .split(' ')
      .map((role) => gain(role)),
  ],
])('%s needs no probe', (_, changes) => {
  expect(probesFor(changes, nothing)).toEqual([]);
});

describe('a role is known that is', () => {
  type Facts = Parameters<typeof probesFor>[1];
  const holders = {
    'an additional role': { additionalRoles: more('custom') },
    'the role of an entry': { projectRoles: [entry('custom', 'prj_z')] },
    'an additional role of an entry': {
      projectRoles: [entry('readonly'), entry('readonly', 'prj_z', { additionalRoles: more('custom') })],
    },
  };
  const cases: readonly (readonly [string, Facts])[] = [
    [
      'the global role of a member',
      { ...nothing, members: [member('a'), member('b', { globalRole: 'custom' })] },
    ],
    ['the role of a team', { ...nothing, teams: [team('t'), team('s', { role: 'custom' })] }],
    ...Object.entries(holders).flatMap(([what, over]) => [
      [`${what} of a member`, { ...nothing, members: [member('a', over)] }] as const,
      [`${what} of a team`, { ...nothing, teams: [team('t', over)] }] as const,
    ]),
  ];

  test.each(cases)('%s', (_, facts) => {
    expect(probesFor([gain('custom')], facts)).toEqual([]);
    expect(probesFor([gain('other')], facts)).toHaveLength(1);
  });
});
