import { describe, expect, test } from 'vitest';
import type { Decision, Kind } from '../../../src/engine/model.ts';
import { lastAdmin } from '../../../src/jobs/growthbook-roles/last-admin.ts';
import { checkSafety, type SafetyLimits } from '../../../src/jobs/growthbook-roles/safety.ts';
import type { Access } from '../../../src/targets/growthbook/access.ts';
import { member, team } from '../../fixtures.ts';

const DEFAULTS: SafetyLimits = { count: 5, percent: 10, highest: 3, gainedCount: 10, gainedPercent: 25 };
const access = (
  globalRole: string,
  projectRole: string | null,
  additionalRoles: readonly string[] = [],
): Access => ({ globalRole, projectRole, additionalRoles });

let serial = 0;
const one = (kind: Kind, over: Partial<Decision<Access>> = {}): Decision<Access> => {
  serial += 1;
  return {
    account: `u_${serial}`,
    label: '',
    kind,
    from: access('readonly', 'readonly'),
    to: access('readonly', 'readonly'),
    rule: 5,
    because: '',
    groups: [],
    row: null,
    ...over,
  };
};
const many = (kind: Kind, n: number, over: Partial<Decision<Access>> = {}) =>
  Array.from({ length: n }, () => one(kind, over));

const checkWith = (decisions: readonly Decision<Access>[], over: Partial<SafetyLimits> = {}) =>
  checkSafety({ decisions, notes: [] }, { ...DEFAULTS, ...over }, ({ to }) => to.projectRole === 'admin');
const limitOf = (name: string, decisions: readonly Decision<Access>[], over: Partial<SafetyLimits> = {}) => {
  const { limits, objections } = checkWith(decisions, over);
  const limit = limits.find((found) => found.name === name);
  return { ...limit, objects: objections.some((found) => found.name === name) };
};

/** Population, what is allowed by 5 or 10 %, what is allowed by 10 or 25 %. */
const POPULATIONS = [
  [1, 5, 10],
  [39, 5, 10],
  [40, 5, 10],
  [43, 5, 10],
  [44, 5, 11],
  [49, 5, 12],
  [50, 5, 12],
  [51, 5, 12],
  [59, 5, 14],
  [60, 6, 15],
  [61, 6, 15],
  [69, 6, 17],
  [70, 7, 17],
  [100, 10, 25],
  [300, 30, 75],
] as const;

describe.each(POPULATIONS)('of a population of %i', (population, losses, gains) => {
  const filled = (kind: Kind, found: number) => [
    ...many(kind, found),
    ...many('unchanged', Math.max(0, population - found)),
  ];

  test.each(['revoke', 'downgrade'] as const)(`%ss: ${losses} pass, one more is refused`, (kind) => {
    for (const found of [losses - 1, losses, losses + 1].filter((n) => n <= population)) {
      expect(limitOf(`${kind}s`, filled(kind, found))).toEqual({
        name: `${kind}s`,
        found,
        allowed: losses,
        objects: found > losses,
      });
    }
  });

  test.each(['upgrade', 'grant'] as const)(`%ss: ${gains} pass, one more is refused`, (kind) => {
    for (const found of [gains - 1, gains, gains + 1].filter((n) => n <= population)) {
      expect(limitOf('gains', filled(kind, found))).toEqual({
        name: 'gains',
        found,
        allowed: gains,
        objects: found > gains,
      });
    }
  });
});

describe('small populations', () => {
  test('nobody: nothing to object to', () => {
    expect(checkWith([])).toEqual({
      limits: [
        { name: 'revokes', found: 0, allowed: 5 },
        { name: 'downgrades', found: 0, allowed: 5 },
        { name: 'highest', found: 0, allowed: 3 },
        { name: 'gains', found: 0, allowed: 10 },
      ],
      objections: [],
    });
  });

  test.each([
    [4, false],
    [5, false],
    [6, true],
  ])('all of %i revoked: %s', (n, objects) => {
    expect(limitOf('revokes', many('revoke', n)).objects).toBe(objects);
  });
});

describe('the population', () => {
  test.each(['skipped', 'pending-sign-in'] as const)('leaves out %s accounts', (kind) => {
    expect(
      limitOf('revokes', [...many('revoke', 6), ...many('unchanged', 53), ...many(kind, 100)]),
    ).toMatchObject({
      allowed: 5,
      objects: true,
    });
  });

  test('counts every kind that changes something', () => {
    const changes = (['revoke', 'downgrade', 'upgrade', 'grant'] as const).flatMap((kind) => many(kind, 5));
    expect(limitOf('revokes', [...changes, ...many('unchanged', 39)])).toMatchObject({ allowed: 5 });
    expect(limitOf('revokes', [...changes, ...many('unchanged', 40)])).toMatchObject({ allowed: 6 });
  });
});

test('revokes and downgrades are counted apart', () => {
  expect(checkWith([...many('revoke', 5), ...many('downgrade', 5)]).objections).toEqual([]);
});

test('grants and upgrades are counted together', () => {
  expect(limitOf('gains', [...many('grant', 5), ...many('upgrade', 5)])).toMatchObject({
    found: 10,
    objects: false,
  });
  expect(limitOf('gains', [...many('grant', 6), ...many('upgrade', 5)])).toMatchObject({
    found: 11,
    objects: true,
  });
});

describe('changes that end in the policy’s highest role', () => {
  const toAdmin = { to: access('readonly', 'admin') };
  test.each([
    [2, false],
    [3, false],
    [4, true],
  ])('%i in one run: %s', (n, objects) => {
    expect(limitOf('highest', many('upgrade', n, toAdmin))).toEqual({
      name: 'highest',
      found: n,
      allowed: 3,
      objects,
    });
  });

  test('are counted whatever their kind', () => {
    const changes = (['downgrade', 'upgrade', 'grant'] as const).flatMap((kind) => many(kind, 2, toAdmin));
    expect(limitOf('highest', changes)).toMatchObject({ found: 6, objects: true });
  });

  test('do not include who has it and keeps it, who is skipped, and who gets less', () => {
    const decisions = [
      ...many('unchanged', 5, toAdmin),
      ...many('skipped', 5, toAdmin),
      ...many('upgrade', 3, { to: access('admin', 'engineer') }),
    ];
    expect(limitOf('highest', decisions)).toMatchObject({ found: 0, objects: false });
  });

  test('are few whatever the population', () => {
    const decisions = [...many('upgrade', 4, toAdmin), ...many('unchanged', 1000)];
    expect(limitOf('highest', decisions)).toMatchObject({ allowed: 3, objects: true });
  });
});

describe('thresholds that are set', () => {
  test.each([
    ['revokes', 'revoke', { count: 0, percent: 0 }, 0],
    ['revokes', 'revoke', { count: 0, percent: 10 }, 10],
    ['revokes', 'revoke', { count: 11 }, 11],
    ['revokes', 'revoke', { percent: 100 }, 100],
    ['downgrades', 'downgrade', { count: 0, percent: 1 }, 1],
    ['gains', 'grant', { gainedCount: 0, gainedPercent: 0 }, 0],
    ['gains', 'grant', { gainedCount: 26 }, 26],
    ['gains', 'upgrade', { gainedPercent: 26 }, 26],
  ] as const)('%s of %s with %j of a population of 100: %i', (name, kind, over, allowed) => {
    for (const found of [allowed, allowed + 1].filter((n) => n <= 100)) {
      const decisions = [...many(kind, found), ...many('unchanged', 100 - found)];
      expect(limitOf(name, decisions, over)).toMatchObject({ found, allowed, objects: found > allowed });
    }
  });

  test.each([
    [0, 1, true],
    [0, 0, false],
    [4, 4, false],
  ])('highest %i, found %i: %s', (highest, n, objects) => {
    const decisions = many('upgrade', n, { to: access('readonly', 'admin') });
    expect(limitOf('highest', decisions, { highest }).objects).toBe(objects);
  });
});

test('all objections are listed together, each with found, allowed and the setting that raises it', () => {
  const { objections } = checkWith([
    ...many('revoke', 9),
    ...many('downgrade', 9),
    ...many('grant', 14, { to: access('readonly', 'admin') }),
  ]);
  expect(objections).toMatchObject([
    { name: 'revokes', found: 9, allowed: 5, overridable: true },
    { name: 'downgrades', found: 9, allowed: 5, overridable: true },
    { name: 'highest', found: 14, allowed: 3, overridable: true },
    { name: 'gains', found: 14, allowed: 10, overridable: true },
  ]);
  const settings = ['SAFETY_MAX_COUNT', 'SAFETY_MAX_COUNT', 'SAFETY_MAX_HIGHEST', 'SAFETY_MAX_GAINED_COUNT'];
  for (const [index, { message, found, allowed }] of objections.entries()) {
    expect(message).toContain(`found ${found}, allowed ${allowed}`);
    expect(message).toContain(settings[index]);
  }
});

test('a loss that may be a gain counts as both', () => {
  const doubtful = many('downgrade', 6, { mayGain: true });
  expect(limitOf('downgrades', doubtful)).toMatchObject({ found: 6, allowed: 5, objects: true });
  expect(limitOf('gains', [...doubtful, ...many('grant', 5)])).toMatchObject({
    found: 11,
    allowed: 10,
    objects: true,
  });
});

describe('the last global admin', () => {
  const admin = access('admin', null);
  const demoted = { from: admin, to: access('readonly', 'noaccess') };
  const stays = { from: admin, to: admin };
  const NOBODY = { members: [], teams: [] };

  test.each([
    ['its global role', { role: 'admin' }],
    [
      'an additional role',
      { additionalRoles: [{ role: 'admin', environments: [], limitAccessByEnvironment: false }] },
    ],
  ])('is no objection where somebody administers through a team by %s', (_, over) => {
    const facts = { members: [member('bob', { teams: ['t'] })], teams: [team('t', over)] };
    expect(lastAdmin([one('downgrade', demoted)], facts)).toEqual([]);
    expect(lastAdmin([one('downgrade', demoted)], { ...facts, members: [] })).toHaveLength(1);
  });

  test.each([
    ['loses it: objects', access('readonly', 'noaccess'), true],
    ['keeps it: no objection', access('readonly', 'noaccess', ['admin']), false],
    ['becomes one by the global role: no objection', access('admin', 'noaccess'), false],
  ] as const)('is also who has admin as an additional role, and %s', (_, to, objects) => {
    const additionalRoles = [{ role: 'admin', environments: [], limitAccessByEnvironment: false }];
    const decided = one('downgrade', { from: access('readonly', 'noaccess', ['admin']), to });
    const facts = { members: [member(decided.account, { additionalRoles })], teams: [] };
    expect(lastAdmin([decided], facts).length > 0).toBe(objects);
  });

  test('is nobody whose additional admin is for the project alone', () => {
    const decided = one('downgrade', {
      from: access('readonly', 'noaccess', ['admin']),
      to: access('readonly', 'noaccess'),
    });
    expect(lastAdmin([decided], { members: [member(decided.account)], teams: [] })).toEqual([]);
  });

  test.each([
    ['the only one is demoted', [one('downgrade', demoted)], true],
    ['all of two are demoted', many('revoke', 2, demoted), true],
    ['one of two is demoted', [one('downgrade', demoted), one('unchanged', stays)], false],
    ['one is skipped, whatever the reason', [one('revoke', demoted), one('skipped', stays)], false],
    ['nobody is one now', [one('revoke')], false],
    ['nobody is there', [], false],
    [
      'a project’s admins are no global ones',
      [
        one('downgrade', demoted),
        one('unchanged', { from: access('readonly', 'admin'), to: access('readonly', 'admin') }),
      ],
      true,
    ],
    [
      'somebody is pending',
      [one('downgrade', demoted), one('pending-sign-in', { from: null, to: null })],
      true,
    ],
  ] as const)('%s: objects %s', (_, decisions, objects) => {
    expect(lastAdmin(decisions, NOBODY).length > 0).toBe(objects);
  });

  test('is nobody who waits for a sign-in, though a member has that name as its id', () => {
    const additionalRoles = [{ role: 'admin', environments: [], limitAccessByEnvironment: false }];
    const waiting = one('pending-sign-in', { from: null, to: null });
    const facts = { members: [member(waiting.account, { additionalRoles })], teams: [] };
    expect(lastAdmin([waiting], facts)).toEqual([]);
  });

  test('can’t be overridden, and the objection names the setting that solves it', () => {
    expect(lastAdmin([one('downgrade', demoted)], NOBODY)).toEqual([
      {
        name: 'last-admin',
        found: 0,
        allowed: 1,
        overridable: false,
        message:
          'last-admin: nobody would have the global role admin any more (found 0, allowed at least 1); name an administrator in GROWTHBOOK_PROTECTED_MEMBERS',
      },
    ]);
  });
});
