import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultPolicy } from '../../../src/jobs/growthbook-roles/policy.ts';
import {
  type Access,
  currentAccess,
  desiredAccess,
  entryOf,
  describe as inWords,
  kindOf,
  projectRoleOf,
} from '../../../src/targets/growthbook/access.ts';
import { entry, member, PROJECT, RULES } from '../../fixtures.ts';

const { order } = defaultPolicy();
const terms = (maxGlobalRole = 'readonly') => ({ order, project: PROJECT, maxGlobalRole });
const access = (
  globalRole: string,
  projectRole: string | null,
  ...additionalRoles: readonly string[]
): Access => ({
  globalRole,
  projectRole,
  additionalRoles,
});
const kindDue = (from: Access, role: string, maxGlobalRole?: string) =>
  kindOf(from, desiredAccess(from, role, terms(maxGlobalRole)), order);

const DUE = ['noaccess', 'readonly', 'CustomElevatedAccess', 'admin'] as const;

/** Global role, entry, and the kind where `noaccess`, `readonly`, `CustomElevatedAccess`, `admin` is desired. */
const KINDS = [
  ['noaccess', null, 'unchanged', 'grant', 'grant', 'grant'],
  ['readonly', null, 'revoke', 'unchanged', 'upgrade', 'upgrade'],
  ['collaborator', null, 'revoke', 'downgrade', 'upgrade', 'upgrade'],
  ['engineer', null, 'revoke', 'downgrade', 'upgrade', 'upgrade'],
  ['CustomElevatedAccess', null, 'revoke', 'downgrade', 'downgrade', 'upgrade'],
  ['admin', null, 'revoke', 'downgrade', 'downgrade', 'downgrade'],
  ['superhero', null, 'revoke', 'downgrade', 'downgrade', 'downgrade'],
  ['noaccess', 'noaccess', 'unchanged', 'grant', 'grant', 'grant'],
  ['noaccess', 'readonly', 'revoke', 'unchanged', 'upgrade', 'upgrade'],
  ['noaccess', 'analyst', 'revoke', 'downgrade', 'upgrade', 'upgrade'],
  ['noaccess', 'CustomElevatedAccess', 'revoke', 'downgrade', 'unchanged', 'upgrade'],
  ['noaccess', 'gbDefault_projectAdmin', 'revoke', 'downgrade', 'downgrade', 'upgrade'],
  ['noaccess', 'admin', 'revoke', 'downgrade', 'downgrade', 'unchanged'],
  ['noaccess', 'superhero', 'revoke', 'downgrade', 'downgrade', 'downgrade'],
  ['readonly', 'noaccess', 'unchanged', 'grant', 'grant', 'grant'],
  ['readonly', 'readonly', 'revoke', 'unchanged', 'upgrade', 'upgrade'],
  ['readonly', 'admin', 'revoke', 'downgrade', 'downgrade', 'unchanged'],
  ['collaborator', 'noaccess', 'downgrade', 'grant', 'grant', 'grant'],
  ['collaborator', 'readonly', 'revoke', 'downgrade', 'upgrade', 'upgrade'],
  ['admin', 'noaccess', 'downgrade', 'grant', 'grant', 'grant'],
  ['admin', 'readonly', 'revoke', 'downgrade', 'upgrade', 'upgrade'],
  ['admin', 'CustomElevatedAccess', 'revoke', 'downgrade', 'downgrade', 'upgrade'],
  ['admin', 'admin', 'revoke', 'downgrade', 'downgrade', 'downgrade'],
  ['superhero', 'readonly', 'revoke', 'downgrade', 'upgrade', 'upgrade'],
] as const;

describe('the kind of change, with readonly as the highest global role that is written', () => {
  test.each(KINDS)(
    'global %s, entry %s: desired nothing %s, readonly %s, custom %s, admin %s',
    (global, own, ...kinds) => {
      expect(DUE.map((role) => kindDue(access(global, own), role))).toEqual(kinds);
    },
  );

  test.each(KINDS)(
    'global %s, entry %s, with an additional role: what was unchanged is a downgrade',
    (global, own, ...kinds) => {
      const from = access(global, own, 'readonly');
      expect(DUE.map((role) => kindDue(from, role))).toEqual(
        kinds.map((kind) => (kind === 'unchanged' ? 'downgrade' : kind)),
      );
    },
  );

  test.each(KINDS)(
    'global %s, entry %s, pinned to noaccess: a global role above it is lowered',
    (global, own, ...kinds) => {
      expect(DUE.map((role) => kindDue(access(global, own), role, 'noaccess'))).toEqual(
        kinds.map((kind) => (kind === 'unchanged' && global !== 'noaccess' ? 'downgrade' : kind)),
      );
    },
  );

  test('every pair of entries: the ranking decides, noaccess makes it a revoke or a grant', () => {
    for (const [before, was] of order.entries()) {
      for (const [after, is] of order.entries()) {
        const expected =
          after === before
            ? 'unchanged'
            : after < before
              ? after === 0
                ? 'revoke'
                : 'downgrade'
              : before === 0
                ? 'grant'
                : 'upgrade';
        expect(kindDue(access('noaccess', was), is), `${was} → ${is}`).toBe(expected);
      }
    }
  });
});

describe('the desired access of a member', () => {
  test.each([
    ['noaccess', 'readonly', 'noaccess'],
    ['readonly', 'readonly', 'readonly'],
    ['collaborator', 'readonly', 'readonly'],
    ['admin', 'readonly', 'readonly'],
    ['superhero', 'readonly', 'noaccess'],
    ['noaccess', 'noaccess', 'noaccess'],
    ['readonly', 'noaccess', 'noaccess'],
    ['admin', 'noaccess', 'noaccess'],
  ])('global %s under the pin %s is written as %s', (global, maxGlobalRole, written) => {
    expect(desiredAccess(access(global, 'engineer'), 'analyst', terms(maxGlobalRole)).globalRole).toBe(
      written,
    );
  });

  test('a write carries the desired project role and no additional role', () => {
    expect(desiredAccess(access('admin', null, 'admin', 'engineer'), 'readonly', terms())).toEqual(
      access('readonly', 'readonly'),
    );
  });

  test.each([
    [access('noaccess', null), 'noaccess'],
    [access('readonly', null), 'readonly'],
    [access('readonly', 'admin'), 'admin'],
  ])('where nothing changes %j stays as it is: no entry is made for its own sake', (from, role) => {
    expect(desiredAccess(from, role, terms())).toEqual(from);
  });

  test('no entry and a global readonly, desired nothing: an entry noaccess is written', () => {
    expect(desiredAccess(access('readonly', null), 'noaccess', terms())).toEqual(
      access('readonly', 'noaccess'),
    );
  });

  const role = fc.constantFrom(...order, 'superhero', 'another');
  const any = fc
    .record({ globalRole: role, projectRole: fc.option(role), additionalRoles: fc.uniqueArray(role) })
    .map((from) => ({ ...from, additionalRoles: from.additionalRoles.toSorted() }));

  test('the global role in a write is never above the pin and never above what the member has now', () => {
    fc.assert(
      fc.property(
        any,
        fc.constantFrom(...order),
        fc.constantFrom('readonly', 'noaccess'),
        (from, to, maxGlobalRole) => {
          const rank = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
          const { globalRole } = desiredAccess(from, to, terms(maxGlobalRole));
          expect(rank(globalRole)).toBeLessThanOrEqual(Math.min(rank(from.globalRole), rank(maxGlobalRole)));
        },
      ),
    );
  });

  test('who has the desired access gets nothing more', () => {
    fc.assert(
      fc.property(any, fc.constantFrom(...order), (from, to) => {
        const once = desiredAccess(from, to, terms());
        expect(kindDue(once, to)).toBe('unchanged');
        expect(projectRoleOf(once)).toBe(to);
      }),
    );
  });
});

describe('what a member holds', () => {
  test('is the role of its entry, or the global role where there is none', () => {
    expect(projectRoleOf(currentAccess(member('u', { globalRole: 'engineer' }), RULES))).toBe('engineer');
    const row = member('u', {
      globalRole: 'engineer',
      projectRoles: [entry('admin', 'prj_b'), entry('readonly')],
    });
    expect(currentAccess(row, RULES)).toEqual(access('engineer', 'readonly'));
  });

  test.each([[['readonly', 'admin']], [['admin', 'readonly']]])(
    'of two entries for the project the highest counts, the other is an additional role: %j',
    (roles) => {
      const row = member('u', { projectRoles: roles.map((role) => entry(role)) });
      expect(entryOf(row, RULES)?.role).toBe('admin');
      expect(currentAccess(row, RULES)).toEqual(access('noaccess', 'admin', 'readonly'));
    },
  );

  test('of two entries whose roles nobody knows the first counts', () => {
    const row = member('u', { projectRoles: [entry('superhero'), entry('another')] });
    expect(currentAccess(row, RULES)).toEqual(access('noaccess', 'superhero', 'another'));
  });

  test('includes an additional role of the entry alone, and of any further entry', () => {
    const more = { role: 'engineer', environments: [], limitAccessByEnvironment: false };
    const own = entry('readonly', PROJECT, { additionalRoles: [more] });
    const row = member('u', { projectRoles: [entry('admin'), own, entry('admin', 'prj_b')] });
    expect(currentAccess(member('u', { projectRoles: [own] }), RULES).additionalRoles).toEqual(['engineer']);
    expect(currentAccess(row, RULES).additionalRoles).toEqual(['engineer', 'readonly']);
  });

  test('includes the additional roles of the member and of the entry, not those of other projects, each once', () => {
    const more = (role: string) => ({ role, environments: [], limitAccessByEnvironment: false });
    const row = member('u', {
      additionalRoles: [more('engineer'), more('admin')],
      projectRoles: [
        entry('readonly', 'prj_b', { additionalRoles: [more('superhero')] }),
        entry('readonly', PROJECT, { additionalRoles: [more('analyst'), more('admin')] }),
      ],
    });
    expect(currentAccess(row, RULES).additionalRoles).toEqual(['admin', 'analyst', 'engineer']);
  });

  test('names a project to the letter', () => {
    expect(
      currentAccess(member('u', { projectRoles: [entry('admin', 'PRJ_A')] }), RULES).projectRole,
    ).toBeNull();
  });
});

describe('a change back, which no rule makes', () => {
  test.each([
    ['a higher global role', access('noaccess', 'readonly'), access('readonly', 'readonly'), 'upgrade'],
    ['a lower global role', access('readonly', 'readonly'), access('noaccess', 'readonly'), 'downgrade'],
    ['another additional role', access('noaccess', 'admin'), access('noaccess', 'admin', 'x'), 'upgrade'],
    ['an additional role less', access('noaccess', 'admin', 'x'), access('noaccess', 'admin'), 'downgrade'],
    [
      'an additional role instead',
      access('noaccess', 'admin', 'x'),
      access('noaccess', 'admin', 'y'),
      'upgrade',
    ],
    [
      'a lower global role and one additional role more',
      access('readonly', 'admin'),
      access('noaccess', 'admin', 'x'),
      'upgrade',
    ],
    ['an unknown global role instead', access('x', 'admin'), access('y', 'admin'), 'downgrade'],
    ['an entry with the global role', access('admin', null), access('admin', 'admin'), 'unchanged'],
    ['the same in another order', access('a', 'b', 'x', 'y'), access('a', 'b', 'y', 'x'), 'unchanged'],
    [
      'a lower role with more in addition',
      access('readonly', 'admin'),
      access('admin', 'engineer', 'x'),
      'downgrade',
    ],
  ] as const)('%s', (_, from, to, kind) => {
    expect(kindOf(from, to, order)).toBe(kind);
  });
});

test.each([
  [access('readonly', 'admin'), access('readonly', 'noaccess'), 'admin → noaccess'],
  [access('readonly', null), access('readonly', 'admin'), 'readonly (global) → admin'],
  [
    access('engineer', null),
    access('readonly', 'noaccess'),
    'engineer (global) → noaccess, global engineer → readonly',
  ],
  [
    access('readonly', 'readonly', 'admin', 'analyst', 'engineer'),
    access('readonly', 'readonly', 'engineer'),
    'readonly → readonly, without additional admin, analyst',
  ],
  [
    access('noaccess', 'admin', 'engineer', 'x'),
    access('readonly', 'engineer', 'x', 'y', 'z'),
    'admin → engineer, global noaccess → readonly, without additional engineer, with additional y, z',
  ],
  [access('readonly', 'admin'), access('readonly', null), 'admin → readonly'],
])('the change from %j to %j is described as “%s”', (from, to, words) => {
  expect(inWords(from, to)).toBe(words);
});
