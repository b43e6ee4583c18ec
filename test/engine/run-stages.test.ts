import { describe, expect, test } from 'vitest';
import { type Change, noteAbout, type Objection } from '../../src/engine/model.ts';
import type { RunError } from '../../src/engine/outcome.ts';
import { makePlan } from '../../src/engine/plan.ts';
import { runStages } from '../../src/engine/run-stages.ts';
import type { PlanApproval } from '../../src/engine/run-types.ts';
import { DeadlineError, InvalidRequestError, SourceError, StopError } from '../../src/platform/errors.ts';
import { type TestRun, testRun } from '../fixtures.ts';
import { TOY_SOURCE, TOY_TARGET, type ToyStages, toyAccount, toyDecision, toyJob } from './toy-job.ts';

const ACCOUNTS = ['ann reader admin', 'bob reader none', 'cid reader reader'];
const decisions = ACCOUNTS.map(toyAccount).map(toyDecision);
const planOf = (texts: readonly string[]) =>
  makePlan(texts.map(toyAccount).map(toyDecision), toyJob([]).stages.identity);
const NOTES = [noteAbout('collected', 'toy', 'was read'), noteAbout('resolved', 'toy', 'was resolved')];
const mayWrite = async (run: TestRun) =>
  await run.writeGuard.check('x').then(
    () => true,
    () => false,
  );
const resultsOf = ({
  results,
}: {
  readonly results: readonly { readonly change: Change<string>; readonly result: string }[];
}) => results.map(({ change, result }) => `${change.account} ${result}`);

describe('a run', () => {
  test('that may write carries its plan out, losses first, and returns all that it found', async () => {
    const { stages, calls } = toyJob(ACCOUNTS);
    const run = testRun();
    const plan = planOf(ACCOUNTS);
    expect(await runStages(stages, run)).toEqual({
      target: TOY_TARGET,
      sources: [TOY_SOURCE],
      notes: [...NOTES, noteAbout('verified', 'toy', 'was read back')],
      errors: [],
      decisions,
      plan,
      limits: [{ name: 'losses', found: 1, allowed: 1 }],
      objections: [],
      results: plan.changes.map((change) => ({ change, result: 'applied', sent: true })),
      drift: [{ id: 'd1', kind: 'extra', account: null, label: 'toy', because: 'nobody gave it' }],
      gauges: { decisions: 3, facts: 3 },
      skipped: false,
    });
    expect(calls).toEqual(['collect', 'begin', 'write bob', 'write ann', 'verify']);
    expect(await mayWrite(run)).toBe(true);
  });

  test('that is dry shows its plan, and may not write', async () => {
    const { stages, calls } = toyJob(ACCOUNTS);
    const run = testRun({ dryRun: true });
    const state = await runStages(stages, run);
    expect(state).toMatchObject({ notes: NOTES, errors: [] });
    expect(state.results).toEqual(planOf(ACCOUNTS).changes.map((change) => ({ change, result: 'planned' })));
    expect(calls).toEqual(['collect']);
    expect(await mayWrite(run)).toBe(false);
  });

  test('without changes asks nothing of the target, and may not write', async () => {
    const { stages, calls } = toyJob(['cid reader reader']);
    const run = testRun();
    expect(await runStages(stages, run)).toMatchObject({ results: [], errors: [], notes: NOTES });
    expect(calls).toEqual(['collect']);
    expect(await mayWrite(run)).toBe(false);
  });

  test('of a job without drift has none', async () => {
    const resolve: ToyStages['resolve'] = (accounts) => ({ decisions: accounts.map(toyDecision), notes: [] });
    expect((await runStages(toyJob(ACCOUNTS, { resolve }).stages, testRun())).drift).toEqual([]);
  });

  test('has the failures of its sources before those of its writes', async () => {
    const { stages } = toyJob(ACCOUNTS);
    const collect: ToyStages['collect'] = async (recorder) => {
      recorder.failure('source b: is down');
      return ACCOUNTS.map(toyAccount);
    };
    const target: ToyStages['target'] = () => ({
      begin: async () => {
        throw new StopError('stopped');
      },
    });
    const { errors } = await runStages({ ...stages, collect, target }, testRun());
    expect(errors).toEqual<readonly RunError[]>([
      { outcome: 'source-failed', message: 'source b: is down' },
      { outcome: 'failed', message: 'stopped' },
    ]);
  });
});

describe('what earlier runs could not finish is finished', () => {
  const catchUp = async () => ({
    failures: ['line 1 is not published'],
    notes: [noteAbout('published', 'toy', 'line 2')],
  });
  const none = ['cid reader reader'];
  const refuse: ToyStages['checkSafety'] = () => ({
    limits: [],
    objections: [{ name: 'x', found: 1, allowed: 0, message: 'x: no', overridable: true }],
  });

  test('by a run that may write and changes nothing', async () => {
    const run = testRun();
    const { results, notes, errors } = await runStages(toyJob(none, { catchUp }).stages, run);
    expect({ results, notes, errors }).toEqual({
      results: [],
      notes: [...NOTES, noteAbout('published', 'toy', 'line 2')],
      errors: [{ outcome: 'failed', message: 'line 1 is not published' }],
    });
    expect(await mayWrite(run)).toBe(true);
  });

  test.each([
    ['a dry run', none, {}, true, []],
    ['a refused plan without changes', none, { checkSafety: refuse }, false, ['x: no']],
    ['a run with changes', ACCOUNTS, {}, false, []],
  ] as const)('and not by %s', async (_, texts, over, dryRun, messages) => {
    const { notes, errors } = await runStages(
      toyJob(texts, { catchUp, ...over }).stages,
      testRun({ dryRun }),
    );
    expect(notes.map(({ kind }) => kind)).not.toContain('published');
    expect(errors.map(({ message }) => message)).toEqual(messages);
  });
});

const LOSSES = ['ann admin none', 'bob reader none', 'cid admin none', 'dan none reader'];
const REFUSAL = (found: number) => `losses: too many for one run (found ${found}, allowed 1; see TOY_LOSSES)`;
const approvalOf = (...accounts: readonly string[]): PlanApproval => ({
  hash: 'sha256:00',
  reason: 'a reason',
  changes: planOf(LOSSES).changes.filter(({ account }) => accounts.includes(account)),
});

describe('a plan that is refused', () => {
  test('is withheld whole, with every objection in one message', async () => {
    const { stages, calls } = toyJob(LOSSES);
    const run = testRun({ expectedPlan: 'sha256:11' });
    const state = await runStages(stages, run);
    const other = `approve: the approved plan is not the present one (found sha256:11, allowed ${planOf(LOSSES).hash})`;
    expect(state.errors).toEqual([{ outcome: 'refused', message: `${REFUSAL(3)}; ${other}` }]);
    expect(resultsOf(state)).toEqual(['ann withheld', 'bob withheld', 'cid withheld', 'dan withheld']);
    expect(calls).toEqual(['collect']);
    expect(await mayWrite(run)).toBe(false);
  });

  test('is carried out where its hash was approved', async () => {
    const approval = { hash: planOf(LOSSES).hash, reason: 'a reason' };
    const state = await runStages(toyJob(LOSSES).stages, testRun({ approval }));
    expect([state.errors, state.objections]).toEqual([[], []]);
    expect(resultsOf(state)).toEqual(['ann applied', 'bob applied', 'cid applied', 'dan applied']);
  });

  test.each([
    [false, ['bob applied', 'ann withheld', 'cid withheld', 'dan withheld']],
    [true, ['bob planned', 'ann withheld', 'cid withheld', 'dan withheld']],
  ])(
    'has the changes that a plan file approved carried out, the others withheld (dry: %s)',
    async (dryRun, results) => {
      const state = await runStages(toyJob(LOSSES).stages, testRun({ approval: approvalOf('bob'), dryRun }));
      expect(state.errors).toEqual([{ outcome: 'refused', message: REFUSAL(2) }]);
      expect(resultsOf(state)).toEqual(results);
    },
  );

  test('uses up no limit by what a plan file approved', async () => {
    const state = await runStages(toyJob(LOSSES).stages, testRun({ approval: approvalOf('ann', 'bob') }));
    expect(state).toMatchObject({ errors: [], limits: [{ found: 1 }] });
    expect(resultsOf(state)).toEqual(['ann applied', 'bob applied', 'cid applied', 'dan applied']);
  });

  test('has the refusal before the errors of what was carried out', async () => {
    const target: ToyStages['target'] = () => ({
      begin: async () => {
        throw new StopError('stopped');
      },
    });
    const run = testRun({ approval: approvalOf('bob') });
    expect((await runStages(toyJob(LOSSES, { target }).stages, run)).errors).toEqual([
      { outcome: 'refused', message: REFUSAL(2) },
      { outcome: 'failed', message: 'stopped' },
    ]);
  });

  test('is withheld whole where one of its objections cannot be overridden', async () => {
    const objection = (name: string, overridable: boolean): Objection => ({
      name,
      found: 1,
      allowed: 0,
      message: name,
      overridable,
    });
    const checkSafety = () => ({
      limits: [],
      objections: [objection('a count', true), objection('the last admin', false)],
    });
    const { stages, calls } = toyJob(LOSSES, { checkSafety });
    const state = await runStages(stages, testRun({ approval: approvalOf('bob') }));
    expect(state.errors).toEqual([{ outcome: 'refused', message: 'a count; the last admin' }]);
    expect(resultsOf(state)).toEqual(['ann withheld', 'bob withheld', 'cid withheld', 'dan withheld']);
    expect(calls).toEqual(['collect']);
  });
});

describe('a run that breaks off', () => {
  const failing =
    (error: unknown): ToyStages['collect'] =>
    async (recorder) => {
      recorder.source(TOY_SOURCE);
      recorder.note(noteAbout('collected', 'toy', 'was read'));
      recorder.failure('source b: is down');
      throw error;
    };

  test.each<[Error, RunError['outcome']]>([
    [new SourceError('source a: is down'), 'source-failed'],
    [new DeadlineError('source a'), 'deadline'],
    [new StopError('the lease is lost'), 'failed'],
    [new InvalidRequestError('no'), 'invalid-request'],
  ])('by %o ends with what it had read, and logs nothing', async (error, outcome) => {
    const run = testRun();
    expect(await runStages(toyJob(ACCOUNTS, { collect: failing(error) }).stages, run)).toEqual({
      target: TOY_TARGET,
      sources: [TOY_SOURCE],
      notes: [noteAbout('collected', 'toy', 'was read')],
      errors: [
        { outcome: 'source-failed', message: 'source b: is down' },
        { outcome, message: error.message },
      ],
      decisions: [],
      plan: undefined,
      limits: [],
      objections: [],
      results: [],
      drift: [],
      gauges: {},
      skipped: false,
    });
    expect(run.lines).toEqual([]);
  });

  test('by an unexpected error logs it with its stack', async () => {
    const run = testRun();
    const error = new TypeError('x is not a function');
    const { errors } = await runStages(toyJob(ACCOUNTS, { collect: failing(error) }).stages, run);
    expect(errors.at(-1)).toEqual({ outcome: 'failed', message: 'x is not a function' });
    expect(run.lines).toMatchObject([
      {
        severity: 'ERROR',
        event: 'error',
        error: 'x is not a function',
        stack_trace: error.stack,
        message: 'run failed unexpectedly',
      },
    ]);
  });

  test('because its time is up after reading resolves nothing', async () => {
    const run = testRun({ seconds: 10 });
    const { stages, calls } = toyJob(ACCOUNTS, {
      collect: async () => {
        run.clock.advance(10_001);
        return [];
      },
    });
    expect((await runStages(stages, run)).errors).toEqual([
      { outcome: 'deadline', message: new DeadlineError('resolve').message },
    ]);
    expect(calls).toEqual([]);
  });
});

describe('a run for another target reads nothing', () => {
  const OTHER = { api: 'https://other.example.org' };
  const found = '(found {"api":"https://other.example.org"}, allowed {"api":"https://toy.example.org"})';
  const undo: ToyStages['undo'] = () => ({ decisions: [], notes: [] });

  test.each([
    [
      'a plan file',
      { approval: { hash: 'sha256:00', reason: 'a reason', target: OTHER } },
      `plan file: another target ${found}`,
    ],
    [
      'the run that is undone',
      { undo: { id: 'r1', target: OTHER, changes: [] } },
      `undo: a run of another target ${found}`,
    ],
  ])('by %s', async (_, over, message) => {
    const { stages, calls } = toyJob(ACCOUNTS, { undo });
    expect((await runStages(stages, testRun(over))).errors).toEqual([
      { outcome: 'invalid-request', message },
    ]);
    expect(calls).toEqual([]);
  });

  test('by the policy of a question', async () => {
    const { stages, calls } = toyJob(ACCOUNTS);
    const other = { ...stages, identity: { ...stages.identity, target: OTHER } };
    expect((await runStages(stages, testRun(), other)).errors).toEqual([
      { outcome: 'invalid-request', message: `what-if: a policy for another target ${found}` },
    ]);
    expect(calls).toEqual([]);
  });
});
