import { describe, expect, test } from 'vitest';
import { apply } from '../../src/engine/apply.ts';
import type { Change, ChangeKind, ChangeResult, WriteResult } from '../../src/engine/model.ts';
import { toRunError } from '../../src/engine/outcome.ts';
import type { Target, Verification, Writing } from '../../src/engine/stage-types.ts';
import { DeadlineError, SourceError, StopError } from '../../src/platform/errors.ts';
import { decision, testRun } from '../fixtures.ts';

const change = (kind: ChangeKind, account: string): Change<string> => ({
  ...decision(),
  kind,
  account,
  label: `${account}@example.org`,
  from: 'old',
  to: 'new',
});
const PLAN = [
  change('revoke', 'r1'),
  change('revoke', 'r2'),
  change('downgrade', 'd'),
  change('upgrade', 'u'),
  change('grant', 'g'),
];

const done: WriteResult = { result: 'applied', sent: true };

/** A target that answers each write as the test says, and records its calls. */
function targetOf(
  answers: Readonly<Record<string, WriteResult | Error>> = {},
  over: Partial<Writing<string> & Target<string>> = {},
) {
  const asked: string[] = [];
  const writing: Writing<string> = {
    probes: [],
    write: async ({ account }) => {
      asked.push(account);
      const answer = answers[account] ?? done;
      if (answer instanceof Error) throw answer;
      return answer;
    },
    verify: async (results): Promise<Verification<string>> => {
      asked.push('verify');
      return { results, failures: [], notes: [] };
    },
    ...over,
  };
  const begin = async () => {
    asked.push('begin');
    return writing;
  };
  return { target: { begin, ...over } as Target<string>, writing, asked };
}
const resultsByAccount = (outcomes: readonly ChangeResult<string>[]) =>
  Object.fromEntries(outcomes.map(({ change: { account }, result }) => [account, result]));

describe('carrying a plan out', () => {
  test('begins, writes one after the other in order, and verifies once', async () => {
    let underWay = 0;
    let peak = 0;
    const { writing, asked } = targetOf();
    const write = async (one: Change<string>) => {
      underWay += 1;
      peak = Math.max(peak, underWay);
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
      return await writing.write(one);
    };
    const begin = async () => {
      asked.push('begin');
      return { ...writing, write };
    };
    const applied = await apply(PLAN, { begin }, testRun());
    expect(asked).toEqual(['begin', 'r1', 'r2', 'd', 'u', 'g', 'verify']);
    expect(peak).toBe(1);
    expect(applied.errors).toEqual([]);
    expect(new Set(Object.values(resultsByAccount(applied.results)))).toEqual(new Set(['applied']));
  });

  test('asks nothing of the target where nothing is to be done', async () => {
    const { target, asked } = targetOf();
    expect(await apply([], target, testRun())).toEqual({ results: [], notes: [], errors: [] });
    expect(asked).toEqual([]);
  });

  test('reads nothing back where nothing was sent', async () => {
    const { target, asked } = targetOf(
      Object.fromEntries(PLAN.map(({ account }) => [account, { result: 'applied' }])),
    );
    const { results, errors } = await apply(PLAN, target, testRun());
    expect(asked).not.toContain('verify');
    expect([results.length, errors]).toEqual([5, []]);
  });

  test('what settling found out is what counts', async () => {
    const verify = async (results: readonly ChangeResult<string>[]) => ({
      results: results.map((one): ChangeResult<string> => ({ ...one, result: 'failed', error: 'lost' })),
      failures: ['members vanished'],
      notes: [{ kind: 'new-member', account: 'n', label: 'n', because: 'joined' }],
    });
    const { results, errors, notes } = await apply(
      PLAN.slice(0, 2),
      targetOf({}, { verify }).target,
      testRun(),
    );
    expect(resultsByAccount(results)).toEqual({ r1: 'failed', r2: 'failed' });
    expect(errors).toEqual([
      { outcome: 'failed', message: '2 changes failed, the first: r1@example.org: lost' },
      { outcome: 'failed', message: 'members vanished' },
    ]);
    expect(notes).toMatchObject([{ kind: 'new-member' }]);
  });
});

test('a loss that may be a gain is withheld with the gains', async () => {
  const doubtful: Change<string> = { ...change('downgrade', 'x'), mayGain: true };
  const { target } = targetOf({ d: { result: 'failed' } });
  const { results } = await apply(
    [change('downgrade', 'd'), doubtful, change('grant', 'g')],
    target,
    testRun(),
  );
  expect(resultsByAccount(results)).toEqual({ d: 'failed', x: 'withheld', g: 'withheld' });
});

/** What one change came to, and what becomes of the others: r2 and d are losses, u and g gains. */
const CONSEQUENCES = [
  [
    'a loss failed for an unclear reason',
    'r1',
    { result: 'failed', sent: true },
    ['applied', 'applied', 'withheld', 'withheld'],
  ],
  [
    'a downgrade failed for an unclear reason',
    'd',
    { result: 'failed' },
    ['applied', 'failed', 'withheld', 'withheld'],
  ],
  [
    'a loss was withheld as stale',
    'r1',
    { result: 'withheld', stale: true },
    ['applied', 'applied', 'withheld', 'withheld'],
  ],
  [
    'a loss failed for what its row is',
    'r1',
    { result: 'failed', invalidRow: true },
    ['applied', 'applied', 'applied', 'applied'],
  ],
  ['a loss was thrown out of', 'r1', new Error('broken'), ['applied', 'applied', 'withheld', 'withheld']],
  ['an upgrade failed', 'u', { result: 'failed' }, ['applied', 'applied', 'failed', 'applied']],
  [
    'an upgrade was stale',
    'u',
    { result: 'withheld', stale: true },
    ['applied', 'applied', 'withheld', 'applied'],
  ],
  [
    'a loss was already as planned',
    'r1',
    { result: 'applied' },
    ['applied', 'applied', 'applied', 'applied'],
  ],
] as const;

describe('one change that does not come about', () => {
  test.each(CONSEQUENCES)('%s (%s)', async (_, account, answer, expected) => {
    const { results } = await apply(PLAN, targetOf({ [account]: answer }).target, testRun());
    const { r2, d, u, g } = resultsByAccount(results);
    expect([r2, d, u, g]).toEqual(expected);
  });

  test('a gain that is withheld for it names the loss, and nothing is sent', async () => {
    const { target, asked } = targetOf({ r1: { result: 'failed' } });
    const { results } = await apply(PLAN, target, testRun());
    expect(results.find(({ change: { account } }) => account === 'u')?.error).toContain(
      'revoke of account r1',
    );
    expect(asked).not.toContain('u');
  });

  test('a change that failed makes a failed run, with the count and the first reason', async () => {
    const { errors } = await apply(PLAN, targetOf({ g: { result: 'failed', error: 'x' } }).target, testRun());
    expect(errors).toEqual([{ outcome: 'failed', message: '1 change failed: g@example.org: x' }]);
  });

  test('a thrown error fails that change alone, with its message, and is read back', async () => {
    const { target, asked } = targetOf({ u: new Error('broken') });
    const { results } = await apply(PLAN, target, testRun());
    expect(results.find(({ change: { account } }) => account === 'u')).toMatchObject({
      result: 'failed',
      error: 'broken',
      sent: true,
    });
    expect(asked.at(-1)).toBe('verify');
  });

  test('a stale loss is left for the next run, so the run is not a success', async () => {
    const stale: WriteResult = { result: 'withheld', stale: true, error: 'stale: changed since' };
    const { errors } = await apply(PLAN, targetOf({ r1: stale, d: stale }).target, testRun());
    expect(errors).toEqual([
      {
        outcome: 'deadline',
        message: '2 losses are left for the next run: the account changed after the plan',
      },
    ]);
  });

  test.each([
    ['applied', { result: 'applied', sent: true }, 'change.applied', 'INFO'],
    ['failed', { result: 'failed', error: 'no' }, 'change.failed', 'ERROR'],
  ] as const)(
    'a change is logged before it is written, and one that is %s before the next one begins',
    async (_, result, event, severity) => {
      const run = testRun();
      const seen: number[] = [];
      const { writing } = targetOf();
      const write = async (one: Change<string>) => {
        seen.push(run.lines.length);
        return one.account === 'r1' ? result : await writing.write(one);
      };
      await apply(PLAN.slice(0, 2), { begin: async () => ({ ...writing, write }) }, run);
      expect(seen).toEqual([1, 3]);
      const fields = { account: 'r1', kind: 'revoke', from: 'old', to: 'new', rule: 1 };
      expect(run.lines.slice(0, 2)).toMatchObject([
        { event: 'change.started', severity: 'INFO', ...fields },
        { event, severity, ...fields },
      ]);
    },
  );

  test('a stale gain alone is a note and no error', async () => {
    const stale: WriteResult = { result: 'withheld', stale: true, error: 'stale: changed since' };
    const { errors, notes } = await apply(PLAN, targetOf({ g: stale }).target, testRun());
    expect(errors).toEqual([]);
    expect(notes).toEqual([
      { kind: 'stale', account: 'g', label: 'g@example.org', because: 'stale: changed since' },
    ]);
  });
});

describe('a stop', () => {
  test.each([
    ['StopError', new StopError('refused (found 403)'), 'failed'],
    ['DeadlineError', new DeadlineError('growthbook: POST'), 'deadline'],
  ])('by %s withholds the rest, losses too, and verifies what was sent', async (_, stopReason, outcome) => {
    const { target, asked } = targetOf({ r2: { result: 'withheld', stopReason } });
    const { results, errors } = await apply(PLAN, target, testRun());
    expect(asked).toEqual(['begin', 'r1', 'r2', 'verify']);
    expect(resultsByAccount(results)).toEqual({
      r1: 'applied',
      r2: 'withheld',
      d: 'withheld',
      u: 'withheld',
      g: 'withheld',
    });
    expect(results.at(-1)?.error).toBe(stopReason.message);
    expect(errors).toContainEqual({ outcome, message: stopReason.message });
  });

  test('while beginning withholds everything and sends nothing', async () => {
    const begin = async () => {
      throw new SourceError('the list could not be read');
    };
    const { target, asked } = targetOf({}, { begin });
    const { results, errors } = await apply(PLAN, target, testRun());
    expect(asked).toEqual([]);
    expect(new Set(Object.values(resultsByAccount(results)))).toEqual(new Set(['withheld']));
    expect(errors).toEqual([{ outcome: 'source-failed', message: 'the list could not be read' }]);
  });

  test('while verifying is an error of the run', async () => {
    const stopReason = new DeadlineError('growthbook: GET /api/v1/members');
    const verify = async (results: readonly ChangeResult<string>[]) => ({
      results,
      failures: [],
      notes: [],
      stopReason,
    });
    const { errors } = await apply(PLAN, targetOf({}, { verify }).target, testRun());
    expect(errors).toEqual([{ outcome: 'deadline', message: stopReason.message }]);
  });

  test('the first stop is the one that is reported', async () => {
    const verify = async (results: readonly ChangeResult<string>[]) => ({
      results,
      failures: [],
      notes: [],
      stopReason: new DeadlineError('later'),
    });
    const stopReason = new StopError('first');
    const { errors } = await apply(
      PLAN,
      targetOf({ r2: { result: 'withheld', stopReason } }, { verify }).target,
      testRun(),
    );
    expect(errors).toEqual([{ outcome: 'failed', message: 'first' }]);
  });
});

test.each([
  [new DeadlineError('x'), 'deadline'],
  [new StopError('x'), 'failed'],
  [new SourceError('x'), 'source-failed'],
  [new Error('x'), 'failed'],
])('%s has the outcome %s', (error, outcome) => {
  expect(toRunError(error)).toEqual({ outcome, message: error.message });
});
