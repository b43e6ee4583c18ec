import { describe, expect, test } from 'vitest';
import { apply } from '../../src/engine/apply.ts';
import type { Change, ChangeKind, WriteResult } from '../../src/engine/model.ts';
import type { Progress } from '../../src/engine/run-types.ts';
import type { Writing } from '../../src/engine/stage-types.ts';
import { StopError } from '../../src/platform/errors.ts';
import { decision, testRun } from '../fixtures.ts';

const change = (kind: ChangeKind, account: string, over: Partial<Change<string>> = {}): Change<string> => ({
  ...decision(),
  kind,
  account,
  label: `${account}@example.org`,
  from: 'old',
  to: 'new',
  ...over,
});
const done: WriteResult = { result: 'applied', sent: true };

/** Applies changes to a target that gives each account its answer. */
async function applied(
  changes: readonly Change<string>[],
  answers: Readonly<Record<string, WriteResult>> = {},
  over: Partial<Writing<string>> = {},
  run = testRun(),
) {
  const written: string[] = [];
  const begin = async (): Promise<Writing<string>> => ({
    probes: [],
    write: async ({ account }) => {
      written.push(account);
      return answers[account] ?? done;
    },
    verify: async (results) => ({ results, failures: [], notes: [] }),
    ...over,
  });
  return { ...(await apply(changes, { begin }, run)), written, run };
}

describe('probes are written before all other changes', () => {
  const [a, b, c, d] = [
    change('revoke', 'a'),
    change('revoke', 'b'),
    change('upgrade', 'c'),
    change('grant', 'd'),
  ] as const;
  const probes = [
    [c, b],
    [d, a],
  ];
  const stale: WriteResult = { result: 'withheld', stale: true };

  test.each([
    ['one of each group, then the rest in the order of the plan', {}, ['c', 'd', 'a', 'b']],
    ['the next of a group where one is stale', { c: stale }, ['c', 'b', 'd', 'a']],
    [
      'no further one of a group where one failed',
      { c: { result: 'failed' } as WriteResult },
      ['c', 'd', 'a', 'b'],
    ],
  ] as const)('%s', async (_, answers, order) => {
    const { written, results } = await applied([a, b, c, d], answers, { probes });
    expect(written).toEqual(order);
    expect(results.map(({ change: { account } }) => account)).toEqual(['a', 'b', 'c', 'd']);
  });
});

describe('a log line of a change', () => {
  const fields = { account: 'a', label: 'a@example.org', kind: 'revoke', from: 'old', to: 'new', rule: 1 };
  const linesFor = async (result: WriteResult, over: Partial<Change<string>> = {}) =>
    (await applied([change('revoke', 'a', over)], { a: result })).run.lines.map(
      ({ time: _, ...line }) => line,
    );
  const started = { severity: 'INFO', event: 'change.started', ...fields, message: 'change started' };

  test('has all that identifies it', async () => {
    expect(await linesFor(done)).toEqual([
      started,
      { severity: 'INFO', event: 'change.applied', ...fields, message: 'change applied' },
    ]);
  });

  test('has the project and the error, where there is one', async () => {
    const over = { project: 'prj_a' };
    expect(await linesFor({ result: 'failed', error: 'no' }, over)).toEqual([
      { ...started, ...over },
      {
        severity: 'ERROR',
        event: 'change.failed',
        ...fields,
        ...over,
        error: 'no',
        message: 'change failed',
      },
    ]);
  });

  test.each(['withheld', 'unchanged', 'planned'] as const)(
    'is not written for one that is %s',
    async (result) => {
      expect(await linesFor({ result })).toEqual([started]);
    },
  );
});

test('progress is said before each write: how many are done, of how many, since when', async () => {
  const seen: Progress[] = [];
  const run = testRun({ progress: (one) => seen.push(one) });
  const startedAt = run.clock.monotonic();
  const write = async () => {
    run.clock.advance(1000);
    return done;
  };
  await applied([change('revoke', 'a'), change('grant', 'b')], {}, { write }, run);
  expect(seen).toEqual([
    { writes: { done: 0, total: 2, startedAt } },
    { writes: { done: 1, total: 2, startedAt } },
  ]);
});

test('a gain that is withheld names the first loss that was not carried out', async () => {
  const failed: WriteResult = { result: 'failed', error: 'no' };
  const changes = [change('revoke', 'a'), change('downgrade', 'b'), change('grant', 'c')];
  const { results, written } = await applied(changes, { a: failed, b: failed });
  expect(results[2]).toEqual({
    change: changes[2],
    result: 'withheld',
    error: 'no access is given while a loss is not carried out: revoke of account a',
  });
  expect(written).toEqual(['a', 'b']);
});

test('the first stop ends all writing, and each change that was left says it', async () => {
  const changes = [change('revoke', 'a'), change('revoke', 'b')];
  const stop: WriteResult = {
    result: 'withheld',
    error: 'refused',
    stopReason: new StopError('refused (403)'),
  };
  const { results, errors, written } = await applied(changes, { a: stop });
  expect(results[1]).toEqual({ change: changes[1], result: 'withheld', error: 'refused (403)' });
  expect([errors, written]).toEqual([[{ outcome: 'failed', message: 'refused (403)' }], ['a']]);
});

test('a target that cannot be begun withholds each change with the reason, whatever is thrown', async () => {
  const changes = [change('revoke', 'a')];
  const begin = () => Promise.reject('a text');
  expect(await apply(changes, { begin }, testRun())).toEqual({
    results: [{ change: changes[0], result: 'withheld', error: 'a text' }],
    notes: [],
    errors: [{ outcome: 'failed', message: 'a text' }],
  });
});

describe('reading back', () => {
  test('is not done where nothing was sent, and what was done counts', async () => {
    const verify = () => Promise.reject(new Error('must not be called'));
    const { results, errors, notes } = await applied(
      [change('revoke', 'a')],
      { a: { result: 'applied' } },
      { verify },
    );
    expect([results.length, errors, notes]).toEqual([1, [], []]);
  });

  test('is done where one of several was sent', async () => {
    const asked: number[] = [];
    const verify: Writing<string>['verify'] = async (results) => {
      asked.push(results.length);
      return { results, failures: [], notes: [] };
    };
    await applied([change('revoke', 'a'), change('revoke', 'b')], { a: { result: 'applied' } }, { verify });
    expect(asked).toEqual([2]);
  });

  test('that throws leaves the results as they are, and fails the run', async () => {
    const verify = () => Promise.reject(new Error('the list is gone'));
    const { results, errors, notes } = await applied([change('revoke', 'a')], {}, { verify });
    expect(results).toMatchObject([{ result: 'applied' }]);
    expect(errors).toEqual([{ outcome: 'failed', message: 'not verified: the list is gone' }]);
    expect(notes).toEqual([]);
  });
});

describe('what is worth a note', () => {
  test('is a change that was stale, and one that met another change; those of reading back come after', async () => {
    const notes = [{ kind: 'new-member', account: 'n', label: 'n', because: 'joined' }];
    const changes = ['a', 'b', 'c', 'd'].map((account) => change('grant', account));
    const answers: Readonly<Record<string, WriteResult>> = {
      a: { result: 'withheld', stale: true },
      b: { result: 'applied', changedMeanwhile: 'a team was added' },
      d: { result: 'withheld', stale: true, error: 'is gone', sent: true, changedMeanwhile: '' },
    };
    const found = await applied(changes, answers, {
      verify: async (results) => ({ results, failures: [], notes }),
    });
    expect(found.notes).toEqual([
      { kind: 'stale', account: 'a', label: 'a@example.org', because: '' },
      { kind: 'changed-meanwhile', account: 'b', label: 'b@example.org', because: 'a team was added' },
      { kind: 'stale', account: 'd', label: 'd@example.org', because: 'is gone' },
      { kind: 'changed-meanwhile', account: 'd', label: 'd@example.org', because: '' },
      ...notes,
    ]);
  });
});

describe('the errors of a run', () => {
  const stale: WriteResult = { result: 'withheld', stale: true };

  test('one loss that was left', async () => {
    const { errors } = await applied([change('revoke', 'a'), change('grant', 'b')], { a: stale, b: stale });
    expect(errors).toEqual([
      {
        outcome: 'deadline',
        message: '1 loss is left for the next run: the account changed after the plan',
      },
    ]);
  });

  test('every account of the plan is gone, and not just some of them', async () => {
    const gone: WriteResult = { result: 'applied', gone: true };
    const changes = [change('revoke', 'a'), change('revoke', 'b')];
    expect((await applied(changes, { a: gone, b: gone })).errors).toEqual([
      {
        outcome: 'failed',
        message:
          'every account of the plan is gone (found 2, allowed fewer): check that the address of the target is right',
      },
    ]);
    expect((await applied(changes, { a: gone })).errors).toEqual([]);
  });

  test('a failure without a reason says so, and a long one is cut', async () => {
    const changes = [change('revoke', 'a')];
    const messageFor = async (error: WriteResult) =>
      (await applied(changes, { a: error })).errors[0]?.message;
    expect(await messageFor({ result: 'failed' })).toBe('1 change failed: a@example.org: no reason is known');
    const long = await messageFor({ result: 'failed', error: 'x'.repeat(400) });
    expect(long).toBe(`1 change failed: a@example.org: ${'x'.repeat(400)}`.slice(0, 300));
  });
});
