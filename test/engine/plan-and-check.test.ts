import { describe, expect, test } from 'vitest';
import { noteAbout } from '../../src/engine/model.ts';
import { checkUndo, noChangeNotes, planAndCheck } from '../../src/engine/plan-and-check.ts';
import type { UndoneRun } from '../../src/engine/run-types.ts';
import { InvalidRequestError } from '../../src/platform/errors.ts';
import { decision, testRun } from '../fixtures.ts';
import { TOY_TARGET, type ToyStages, toyAccount, toyDecision, toyJob } from './toy-job.ts';

const ACCOUNTS = ['ann reader admin', 'bob reader none', 'cid admin none'].map(toyAccount);
const { stages } = toyJob([]);
const undone: UndoneRun = { id: 'r1', target: TOY_TARGET, changes: [] };
const NO_WAY_BACK = new InvalidRequestError(
  'undo: this job cannot undo its changes: an administrator has to undo them by hand',
);

describe('a run about one name', () => {
  test('decides about that account alone, and counts no other in its limits', () => {
    const { state } = planAndCheck(stages, ACCOUNTS, testRun({ only: ' BOB ' }));
    expect(state.plan?.changes.map(({ account }) => account)).toEqual(['bob']);
    expect(state.limits).toEqual([{ name: 'losses', found: 1, allowed: 1 }]);
  });

  test.each([
    ['bop', 'only: nobody has this name (found bop; the nearest names: bob, bob@example.org)'],
    ['zzzzzz', 'only: nobody has this name (found zzzzzz)'],
  ])('is refused where nobody has it: %s', (only, message) => {
    expect(() => planAndCheck(stages, ACCOUNTS, testRun({ only }))).toThrow(new InvalidRequestError(message));
  });
});

describe('a run that undoes another one', () => {
  const undo: ToyStages['undo'] = (accounts, { id }) => ({
    decisions: accounts.slice(0, 1).map(toyDecision),
    notes: [noteAbout('left', id, 'as it is')],
  });

  test('has the decisions of the way back, and a note that the rules will win', () => {
    const { state } = planAndCheck({ ...stages, undo }, ACCOUNTS, testRun({ undo: undone }));
    expect(state.decisions.map(({ account }) => account)).toEqual(['ann']);
    expect(state.notes).toEqual([
      noteAbout('left', 'r1', 'as it is'),
      noteAbout(
        'undo',
        'run r1',
        'the next run restores what the rules say: change the policy, or the groups that it reads, first',
      ),
    ]);
  });

  test('is refused for a job that cannot undo its changes', () => {
    expect(() => planAndCheck(stages, ACCOUNTS, testRun({ undo: undone }))).toThrow(NO_WAY_BACK);
    expect(() => checkUndo(undone, stages)).toThrow(NO_WAY_BACK);
  });

  test('is of the same target', () => {
    const { identity } = stages;
    expect(() => checkUndo(undone, { identity, undo })).not.toThrow();
    expect(() => checkUndo(undefined, { identity })).not.toThrow();
    expect(() => checkUndo({ ...undone, target: { api: 'x' } }, { identity, undo })).toThrow(
      new InvalidRequestError(
        'undo: a run of another target (found {"api":"x"}, allowed {"api":"https://toy.example.org"})',
      ),
    );
  });
});

describe('objections', () => {
  const namesOf = (over: Parameters<typeof testRun>[0]) =>
    planAndCheck(stages, ACCOUNTS, testRun(over)).state.objections.map(({ name }) => name);
  const { plan } = planAndCheck(stages, ACCOUNTS, testRun()).state;
  const { hash = '', changes = [] } = plan ?? {};

  test.each([
    ['nothing was approved', {}, ['losses']],
    ['the plan was approved', { approval: { hash, reason: 'r' } }, []],
    ['another plan was approved', { approval: { hash: 'x', reason: 'r' } }, ['losses', 'approve']],
    ['a plan file approved all its changes', { approval: { hash: 'x', reason: 'r', changes } }, []],
    ['a plan file approved none', { approval: { hash, reason: 'r', changes: [] } }, ['losses']],
    ['the plan is the one that was shown', { expectedPlan: hash }, ['losses']],
    ['another plan was shown', { expectedPlan: 'x' }, ['losses', 'approve']],
  ])('where %s', (_, over, names) => {
    expect(namesOf(over)).toEqual(names);
  });
});

test('each decision that leaves an account as it is is a note, before those of the job; what is unchanged is not', () => {
  const kinds = ['skipped', 'unchanged', 'pending-sign-in', 'undecided', 'revoke'] as const;
  const decisions = kinds.map((kind) => decision({ kind, account: kind }));
  const note = { label: 'ann@example.org', because: 'a sentence' };
  expect(noChangeNotes(decisions)).toStrictEqual([
    { ...note, kind: 'skipped', account: 'skipped' },
    { ...note, kind: 'pending-sign-in', account: 'pending-sign-in' },
    { ...note, kind: 'undecided', account: 'undecided' },
  ]);
  const resolve: ToyStages['resolve'] = () => ({
    decisions: [{ ...toyDecision(toyAccount('ann reader reader')), kind: 'skipped' }],
    notes: [noteAbout('resolved', 'toy', 'was resolved')],
  });
  const { notes } = planAndCheck({ ...stages, resolve }, [], testRun()).state;
  expect(notes.map(({ kind }) => kind)).toEqual(['skipped', 'resolved']);
});

test('a note has the project, the rules that were tried, and what a person has to do, where a decision has them', () => {
  const tried = [{ rule: 1, answer: 'no' as const }];
  const full = decision({
    kind: 'skipped',
    project: 'prj_a',
    tried,
    needsPerson: { reason: 'protected', due: 'revoke' },
  });
  expect(noChangeNotes([full])).toEqual([
    {
      kind: 'skipped',
      account: 'u_1',
      project: 'prj_a',
      label: 'ann@example.org',
      because: 'a sentence',
      tried,
      due: 'revoke',
    },
  ]);
});
