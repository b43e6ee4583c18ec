import { describe, expect, test } from 'vitest';
import { apply, troubleOf } from '../../src/pipeline/apply.ts';
import type { Change, ChangeKind, Outcome, Settled, Target, Written } from '../../src/pipeline/model.ts';
import { DeadlineError, SourceError, StopError } from '../../src/runtime/errors.ts';
import { decision } from '../fixtures.ts';

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

const done: Written = { result: 'applied', sent: true };

/** A target that answers each write as told, and remembers what it was asked. */
function targetOf(
  answers: Readonly<Record<string, Written | Error>> = {},
  over: Partial<Target<string>> = {},
) {
  const asked: string[] = [];
  const target: Target<string> = {
    begin: async () => void asked.push('begin'),
    write: async ({ account }) => {
      asked.push(account);
      const answer = answers[account] ?? done;
      if (answer instanceof Error) throw answer;
      return answer;
    },
    settle: async (outcomes): Promise<Settled<string>> => {
      asked.push('settle');
      return { outcomes, failures: [], notes: [] };
    },
    ...over,
  };
  return { target, asked };
}
const results = (outcomes: readonly Outcome<string>[]) =>
  Object.fromEntries(outcomes.map(({ change: { account }, result }) => [account, result]));

describe('carrying a plan out', () => {
  test('begins, writes one after the other in order, and settles once', async () => {
    let underWay = 0;
    let peak = 0;
    const { target, asked } = targetOf();
    const write = async (one: Change<string>) => {
      underWay += 1;
      peak = Math.max(peak, underWay);
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
      return await target.write(one);
    };
    const applied = await apply(PLAN, { ...target, write });
    expect(asked).toEqual(['begin', 'r1', 'r2', 'd', 'u', 'g', 'settle']);
    expect(peak).toBe(1);
    expect(applied.troubles).toEqual([]);
    expect(new Set(Object.values(results(applied.outcomes)))).toEqual(new Set(['applied']));
  });

  test('asks nothing of the target where nothing is to be done', async () => {
    const { target, asked } = targetOf();
    expect(await apply([], target)).toEqual({ outcomes: [], failures: [], notes: [], troubles: [] });
    expect(asked).toEqual([]);
  });

  test('reads nothing back where nothing was sent', async () => {
    const { target, asked } = targetOf(
      Object.fromEntries(PLAN.map(({ account }) => [account, { result: 'applied' }])),
    );
    const { outcomes, troubles } = await apply(PLAN, target);
    expect(asked).not.toContain('settle');
    expect([outcomes.length, troubles]).toEqual([5, []]);
  });

  test('what settling found out is what counts', async () => {
    const settle = async (outcomes: readonly Outcome<string>[]) => ({
      outcomes: outcomes.map((one): Outcome<string> => ({ ...one, result: 'failed', error: 'lost' })),
      failures: ['members vanished'],
      notes: [{ kind: 'new-member', account: 'n', label: 'n', because: 'joined' }],
    });
    const { outcomes, troubles, notes } = await apply(PLAN.slice(0, 2), targetOf({}, { settle }).target);
    expect(results(outcomes)).toEqual({ r1: 'failed', r2: 'failed' });
    expect(troubles).toEqual([
      { outcome: 'failed', message: '2 changes failed' },
      { outcome: 'failed', message: 'members vanished' },
    ]);
    expect(notes).toMatchObject([{ kind: 'new-member' }]);
  });
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
    { result: 'failed', rowFault: true },
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
    const { outcomes } = await apply(PLAN, targetOf({ [account]: answer }).target);
    const { r2, d, u, g } = results(outcomes);
    expect([r2, d, u, g]).toEqual(expected);
  });

  test('a gain that is withheld for it names the loss, and nothing is sent', async () => {
    const { target, asked } = targetOf({ r1: { result: 'failed' } });
    const { outcomes } = await apply(PLAN, target);
    expect(outcomes.find(({ change: { account } }) => account === 'u')?.error).toContain(
      'revoke of account r1',
    );
    expect(asked).not.toContain('u');
  });

  test('a change that failed makes a failed run, with the count', async () => {
    const { troubles } = await apply(PLAN, targetOf({ g: { result: 'failed', error: 'x' } }).target);
    expect(troubles).toEqual([{ outcome: 'failed', message: '1 change failed' }]);
  });

  test('a thrown error fails that change alone, with its message, and is read back', async () => {
    const { target, asked } = targetOf({ u: new Error('broken') });
    const { outcomes } = await apply(PLAN, target);
    expect(outcomes.find(({ change: { account } }) => account === 'u')).toMatchObject({
      result: 'failed',
      error: 'broken',
      sent: true,
    });
    expect(asked.at(-1)).toBe('settle');
  });

  test('a stale change alone is a note and no trouble', async () => {
    const stale: Written = { result: 'withheld', stale: true, error: 'stale: changed since' };
    const { troubles, notes } = await apply(PLAN, targetOf({ g: stale }).target);
    expect(troubles).toEqual([]);
    expect(notes).toEqual([
      { kind: 'stale', account: 'g', label: 'g@example.org', because: 'stale: changed since' },
    ]);
  });
});

describe('a stop', () => {
  test.each([
    ['StopError', new StopError('refused (found 403)'), 'failed'],
    ['DeadlineError', new DeadlineError('growthbook: POST'), 'deadline'],
  ])('by %s withholds the rest, losses too, and settles what was sent', async (_, halt, outcome) => {
    const { target, asked } = targetOf({ r2: { result: 'withheld', halt } });
    const { outcomes, troubles } = await apply(PLAN, target);
    expect(asked).toEqual(['begin', 'r1', 'r2', 'settle']);
    expect(results(outcomes)).toEqual({
      r1: 'applied',
      r2: 'withheld',
      d: 'withheld',
      u: 'withheld',
      g: 'withheld',
    });
    expect(outcomes.at(-1)?.error).toBe(halt.message);
    expect(troubles).toContainEqual({ outcome, message: halt.message });
  });

  test('while beginning withholds everything and sends nothing', async () => {
    const begin = async () => {
      throw new SourceError('the list could not be read');
    };
    const { target, asked } = targetOf({}, { begin });
    const { outcomes, troubles } = await apply(PLAN, target);
    expect(asked).toEqual([]);
    expect(new Set(Object.values(results(outcomes)))).toEqual(new Set(['withheld']));
    expect(troubles).toEqual([{ outcome: 'source-failed', message: 'the list could not be read' }]);
  });

  test('while settling is the run’s trouble', async () => {
    const halt = new DeadlineError('growthbook: GET /api/v1/members');
    const settle = async (outcomes: readonly Outcome<string>[]) => ({
      outcomes,
      failures: [],
      notes: [],
      halt,
    });
    const { troubles } = await apply(PLAN, targetOf({}, { settle }).target);
    expect(troubles).toEqual([{ outcome: 'deadline', message: halt.message }]);
  });

  test('the first stop is the one that is told', async () => {
    const settle = async (outcomes: readonly Outcome<string>[]) => ({
      outcomes,
      failures: [],
      notes: [],
      halt: new DeadlineError('later'),
    });
    const halt = new StopError('first');
    const { troubles } = await apply(PLAN, targetOf({ r2: { result: 'withheld', halt } }, { settle }).target);
    expect(troubles).toEqual([{ outcome: 'failed', message: 'first' }]);
  });
});

test.each([
  [new DeadlineError('x'), 'deadline'],
  [new StopError('x'), 'failed'],
  [new SourceError('x'), 'source-failed'],
  [new Error('x'), 'failed'],
])('%s is the trouble %s', (error, outcome) => {
  expect(troubleOf(error)).toEqual({ outcome, message: error.message });
});
