import { describe, expect, test } from 'vitest';
import type { Change, ChangeResult, WriteResult } from '../../../src/engine/model.ts';
import { DeadlineError, SourceError, StopError } from '../../../src/platform/errors.ts';
import type { Access, AccessRules } from '../../../src/targets/growthbook/access.ts';
import { afterWrite } from '../../../src/targets/growthbook/role-update.ts';
import { byId } from '../../../src/targets/growthbook/rows-by-id.ts';
import type { Member } from '../../../src/targets/growthbook/schema.ts';
import { verifyWrites } from '../../../src/targets/growthbook/verify.ts';
import { decision, entry, member, RULES, testRun } from '../../fixtures.ts';

type Result = ChangeResult<Access, Member>;

const rulesOf = (project: string): AccessRules => ({
  order: RULES.order,
  project,
  maxGlobalRole: 'readonly',
  otherProjects: ['prj_a', 'prj_2'].filter((one) => one !== project),
});
const access = (projectRole: string, globalRole = 'readonly'): Access => ({
  globalRole,
  projectRole,
  additionalRoles: [],
});
const rowOf = (id: string, over: Partial<Member> = {}) =>
  member(id, { globalRole: 'readonly', projectRoles: [entry('admin')], ...over });
const changeOf = (row: Member, to = access('noaccess'), project = 'prj_a'): Change<Access, Member> => ({
  ...decision(),
  kind: 'revoke',
  account: row.id,
  label: row.email,
  project,
  row,
  from: access('admin'),
  to,
});
const written = ({ row, to, project }: Change<Access, Member>) => afterWrite(row, to, rulesOf(project ?? ''));
const applied = (change: Change<Access, Member>, over: Partial<Result> = {}): Result => ({
  change,
  result: 'applied',
  sent: true,
  rowBefore: change.row,
  ...over,
});

/** Verifies with these lists, one for each reading; the last one is read again. Written again is answered by `again`. */
async function verified(
  results: readonly Result[],
  lists: readonly (readonly Member[] | Error)[],
  {
    before = results.map(({ change }) => change.row),
    again = () => ({ result: 'applied', sent: true }),
  }: { before?: readonly Member[]; again?: (change: Change<Access, Member>) => WriteResult<Member> } = {},
) {
  const run = testRun();
  const repeated: string[] = [];
  let readings = 0;
  const verification = await verifyWrites(results, {
    list: async () => {
      const list = lists[Math.min(readings, lists.length - 1)] ?? [];
      readings += 1;
      if (list instanceof Error) throw list;
      return byId(list);
    },
    write: async (change) => {
      repeated.push(change.account);
      return again(change);
    },
    before: byId(before),
    rules: ({ project = '' }) => rulesOf(project),
    log: run.log,
  });
  return { ...verification, repeated, readings, lines: run.lines };
}
const UNDONE = 'growthbook answered with success, but the row is as before: another writer undid it';

const ann = changeOf(rowOf('ann'));
const bob = changeOf(rowOf('bob'));

describe('a written row that is as planned', () => {
  test('is applied, and nothing is written again', async () => {
    expect(await verified([applied(ann)], [[written(ann)]])).toStrictEqual({
      results: [applied(ann)],
      notes: [],
      failures: [],
      repeated: [],
      readings: 1,
      lines: [],
    });
  });

  test('is applied although the answer said otherwise', async () => {
    const unclear = applied(ann, { result: 'failed', error: 'not GrowthBook’s answer' });
    expect((await verified([unclear], [[written(ann)]])).results).toEqual([applied(ann)]);
  });

  test.each([
    [
      'an entry of another project',
      { projectRoles: [entry('noaccess'), entry('admin', 'prj_b')] },
      'entry of prj_b',
    ],
    ['what no role write changes', { email: 'new@example.org', teams: ['t'] }, 'email, teams'],
    ['its identity provider', { managedbyIdp: true }, 'managedbyIdp'],
    [
      'both',
      { teams: ['t'], projectRoles: [entry('noaccess'), entry('admin', 'prj_b')] },
      'teams, entry of prj_b',
    ],
  ])('and where somebody else changed %s since is applied, and that is said', async (_, over, fields) => {
    const { results, repeated } = await verified([applied(ann)], [[{ ...written(ann), ...over }]]);
    const changedMeanwhile = `changed by somebody else since the write: ${fields}`;
    expect([results, repeated]).toEqual([[applied(ann, { changedMeanwhile })], []]);
  });

  test('keeps what was said of it when it was written, unless there is something newer', async () => {
    const noted = applied(ann, { changedMeanwhile: 'before the write' });
    expect((await verified([noted], [[written(ann)]])).results).toEqual([noted]);
    const [newer] = (await verified([noted], [[{ ...written(ann), teams: ['t'] }]])).results;
    expect(newer?.changedMeanwhile).toBe('changed by somebody else since the write: teams');
  });
});

describe('a written row that is as before', () => {
  test('is written again, which is logged, and then applied', async () => {
    const again = () => ({ result: 'applied', sent: true, rowBefore: ann.row }) as const;
    const { results, repeated, readings, lines } = await verified(
      [applied(bob), applied(ann)],
      [
        [ann.row, written(bob)],
        [written(ann), written(bob)],
      ],
      { again },
    );
    expect(results).toEqual([applied(bob), applied(ann)]);
    expect([repeated, readings]).toEqual([['ann'], 2]);
    expect(lines).toMatchObject([
      {
        event: 'write.repeated',
        account: 'ann',
        label: 'ann@example.org',
        message: 'a write was lost and is repeated',
        severity: 'WARNING',
      },
    ]);
  });

  test.each([
    ['its address', { email: 'new@example.org' }],
    ['its teams', { teams: ['t'] }],
    ['its identity provider', { managedbyIdp: true }],
  ])('is so although somebody changed %s', async (_, over) => {
    const { repeated } = await verified([applied(ann)], [[{ ...ann.row, ...over }]]);
    expect(repeated).toEqual(['ann']);
  });

  test('after two repeats is failed', async () => {
    const again = () => ({ result: 'applied', sent: true, rowBefore: ann.row }) as const;
    const { results, repeated, readings } = await verified([applied(ann)], [[ann.row]], { again });
    expect(results).toEqual([applied(ann, { result: 'failed', error: UNDONE })]);
    expect([repeated, readings]).toEqual([['ann', 'ann'], 3]);
  });

  test('is not written again where the answer was no success, and stays as it was answered', async () => {
    const failed = applied(ann, { result: 'failed', error: 'refused' });
    const { results, repeated } = await verified([failed], [[ann.row]]);
    expect([results, repeated]).toEqual([[failed], []]);
  });

  test('is not written again where the run may write nothing more', async () => {
    const stopReason = new StopError('no');
    const stopped: Result = { change: bob, result: 'failed', error: 'no', stopReason };
    const found = await verified([applied(ann), stopped], [[ann.row, bob.row]]);
    expect(found.results).toEqual([applied(ann, { result: 'failed', error: UNDONE }), stopped]);
    expect([found.repeated, found.stopReason]).toEqual([[], stopReason]);
  });

  test('and whose repeat ends the writing is failed, the others are not written again, and the list is read once more', async () => {
    const stopReason = new DeadlineError('x');
    const again = () => ({ result: 'withheld', error: 'late', stopReason }) as const;
    const found = await verified([applied(ann), applied(bob)], [[ann.row, bob.row]], { again });
    expect(found.results).toEqual([
      { change: ann, result: 'failed', error: 'late', stopReason },
      applied(bob, { result: 'failed', error: UNDONE }),
    ]);
    expect([found.repeated, found.readings, found.stopReason]).toEqual([['ann'], 2, stopReason]);
  });

  test('and whose repeat is withheld for its own reason says so', async () => {
    const again = () => ({ result: 'withheld', stale: true, error: 'stale: x' }) as const;
    const { results, repeated } = await verified([applied(ann)], [[ann.row]], { again });
    expect(results).toEqual([{ change: ann, result: 'withheld', stale: true, error: 'stale: x' }]);
    expect(repeated).toEqual(['ann']);
  });
});

describe('a written row that is neither as planned nor as before', () => {
  test.each([
    ['entry of the project', { projectRoles: [entry('engineer')] }],
    ['globalRole, entry of the project', { globalRole: 'admin', projectRoles: [] }],
    ['globalRole', { globalRole: 'admin', projectRoles: [entry('noaccess')] }],
  ])('is failed and not written again: %s', async (fields, over) => {
    const { results, repeated } = await verified([applied(ann)], [[{ ...ann.row, ...over }]]);
    const error = `growthbook answered with success, but the row is changed since it was written: ${fields}`;
    expect([results, repeated]).toEqual([[applied(ann, { result: 'failed', error })], []]);
  });

  test('or no longer there is failed', async () => {
    const { results, repeated } = await verified([applied(ann)], [[bob.row]], { before: [bob.row] });
    const error = 'growthbook answered with success, but the row is no longer there';
    expect([results, repeated]).toEqual([[applied(ann, { result: 'failed', error })], []]);
  });

  test('keeps what was said of it when it was written', async () => {
    const noted = applied(ann, { changedMeanwhile: 'before the write' });
    const { results } = await verified([noted], [[{ ...ann.row, globalRole: 'admin' }]]);
    expect(results[0]).toMatchObject({ result: 'failed', changedMeanwhile: 'before the write' });
  });
});

test.each([
  ['nothing was sent', { change: ann, result: 'applied', rowBefore: ann.row }],
  ['the row before is not known', { change: ann, result: 'applied', sent: true }],
  ['it was withheld', { change: ann, result: 'withheld', stale: true, error: 'stale: x' }],
] as const)('a change of which %s stays as it is, whatever the row is', async (_, result) => {
  for (const row of [ann.row, written(ann), rowOf('ann', { globalRole: 'admin' })]) {
    const { results, repeated } = await verified([result], [[row]]);
    expect([results, repeated]).toEqual([[result], []]);
  }
});

describe('of two writes to one row', () => {
  const row = rowOf('ann', { projectRoles: [entry('admin'), entry('admin', 'prj_2')] });
  const first = changeOf(row, access('readonly'));
  const second = changeOf(written(first), access('noaccess', 'noaccess'), 'prj_2');

  test('the first is applied where its own entry is as planned, whatever the second changed', async () => {
    const { results } = await verified([applied(first), applied(second)], [[written(second)]]);
    expect(results).toEqual([applied(first), applied(second)]);
  });

  test('the first is written again where its own entry is as before, whatever the second changed', async () => {
    const later = changeOf(written(first), access('noaccess'), 'prj_2');
    const now = { ...written(later), projectRoles: [entry('admin'), entry('noaccess', 'prj_2')] };
    const again = () => ({ result: 'applied', sent: true, rowBefore: now }) as const;
    const lists = [[now], [written(later)]];
    const { results, repeated } = await verified([applied(first), applied(later)], lists, { again });
    expect(results.map(({ result }) => result)).toEqual(['applied', 'applied']);
    expect(repeated).toEqual(['ann']);
  });

  test('what somebody else changed is said of the last one alone', async () => {
    const now = { ...written(second), teams: ['t'] };
    const { results } = await verified([applied(first), applied(second)], [[now]]);
    const changedMeanwhile = 'changed by somebody else since the write: teams';
    expect(results).toEqual([applied(first), applied(second, { changedMeanwhile })]);
  });

  test('the last one is the last that was sent', async () => {
    const withheld: Result = { change: second, result: 'withheld', error: 'x' };
    const { results } = await verified([applied(first), withheld], [[{ ...written(first), teams: ['t'] }]]);
    const changedMeanwhile = 'changed by somebody else since the write: teams';
    expect(results).toEqual([applied(first, { changedMeanwhile }), withheld]);
  });

  test('another one’s row is none of them', async () => {
    const now = { ...written(first), teams: ['t'] };
    const { results } = await verified([applied(first), applied(bob)], [[now, written(bob)]]);
    expect(results[0]?.changedMeanwhile).toBe('changed by somebody else since the write: teams');
  });
});

describe('members who come and go', () => {
  test('are noted, by address or id, and those who vanished are a failure', async () => {
    const before = [ann.row, member('x'), member('y', { email: ' ' })];
    const now = [written(ann), member('n'), member('o', { email: '' })];
    const { notes, failures } = await verified([applied(ann)], [now], { before });
    const vanished = 'was a member when this run began, and no longer is one';
    const joined = 'joined during this run; the next one decides';
    expect(notes).toEqual([
      { kind: 'vanished', account: 'x', label: 'x@example.org', because: vanished },
      { kind: 'vanished', account: 'y', label: 'y', because: vanished },
      { kind: 'new-member', account: 'n', label: 'n@example.org', because: joined },
      { kind: 'new-member', account: 'o', label: 'o', because: joined },
    ]);
    expect(failures).toEqual(['members vanished from the organisation during this run: x, y']);
  });
});

describe('a list that cannot be read', () => {
  const results: readonly Result[] = [
    applied(ann),
    applied(bob, { result: 'failed', error: 'refused' }),
    { change: bob, result: 'applied' },
  ];

  test('leaves what was written unverified, which is a failure', async () => {
    const error = 'not verified: no list';
    expect(await verified(results, [new SourceError('no list')])).toMatchObject({
      results: [applied(ann, { error }), results[1], results[2]],
      notes: [],
      failures: [error],
    });
  });

  test('for want of time ends the run', async () => {
    const late = new DeadlineError('here');
    const found = await verified(results, [late]);
    expect(found.results[0]?.error).toBe(`not verified: ${late.message}`);
    expect(found.results.slice(1)).toEqual(results.slice(1));
    expect([found.notes, found.failures, found.stopReason]).toEqual([[], [], late]);
  });

  test('after a repeat keeps the result of the repeat', async () => {
    const again = () => ({ result: 'failed', sent: true, error: 'refused' }) as const;
    const lists = [[ann.row, written(bob)], new SourceError('no list')];
    const found = await verified([applied(ann), applied(bob)], lists, { again });
    expect(found.results).toEqual([
      { change: ann, ...again() },
      applied(bob, { error: 'not verified: no list' }),
    ]);
  });
});
