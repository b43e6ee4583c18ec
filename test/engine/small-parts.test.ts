import { describe, expect, test } from 'vitest';
import { runChecks } from '../../src/engine/check.ts';
import { membershipText, parseMembership } from '../../src/engine/membership-change.ts';
import { CHANGE_KINDS, canGive, decisionKey, isLoss, noteAbout } from '../../src/engine/model.ts';
import { makePlan } from '../../src/engine/plan.ts';
import { rankIn } from '../../src/engine/role-order.ts';
import { outcomeOf, runStateOf } from '../../src/engine/run-state.ts';
import { InvalidRequestError } from '../../src/platform/errors.ts';
import { decision } from '../fixtures.ts';
import { toyAccount, toyDecision, toyJob } from './toy-job.ts';

test('checks run all at once, and each is answered: what was found, or what is wrong and what to do', async () => {
  const started: string[] = [];
  const check = (name: string, look: () => Promise<string>) => ({
    name,
    cure: `cure of ${name}`,
    look: async () => {
      started.push(name);
      await new Promise((resolve) => setImmediate(resolve));
      expect(started).toEqual(['a', 'b']);
      return await look();
    },
  });
  const lines = await runChecks([
    check('a', async () => Promise.reject(new Error('is wrong'))),
    check('b', async () => 'is right'),
  ]);
  expect(lines).toEqual([
    { name: 'a', ok: false, found: 'is wrong', cure: 'cure of a' },
    { name: 'b', ok: true, found: 'is right', cure: null },
  ]);
});

describe('a membership as a question writes it', () => {
  test.each([
    ['ada:admins', { uid: 'ada', source: 'ldap', group: 'admins' }, 'ada:admins'],
    ['ada:ldap:admins', { uid: 'ada', source: 'ldap', group: 'admins' }, 'ada:admins'],
    ['ada:posix:ops', { uid: 'ada', source: 'posix', group: 'ops' }, 'ada:posix:ops'],
    [' ada : ops ', { uid: 'ada', source: 'ldap', group: 'ops' }, 'ada:ops'],
    ['ada: posix : ops', { uid: 'ada', source: 'posix', group: 'ops' }, 'ada:posix:ops'],
    ['ada:posix', { uid: 'ada', source: 'ldap', group: 'posix' }, 'ada:posix'],
  ])('%j', (text, membership, written) => {
    const parsed = parseMembership('add', text);
    expect(parsed).toEqual({ kind: 'add', ...membership });
    expect(membershipText(parsed)).toBe(`add ${written}`);
  });

  test.each([
    '',
    'ada',
    ':',
    'ada:',
    ':ops',
    ' :ops',
    'ada: ',
    'a:b:c',
    'ada::ops',
    'ada:gerrit:ops',
    'a:posix:b:c',
    'ada:posix:',
  ])('is refused: %j', (text) => {
    expect(() => parseMembership('remove', text)).toThrow(
      new InvalidRequestError(
        `remove: no membership (found ${JSON.stringify(text)}, allowed UID:GROUP or UID:posix:GROUP)`,
      ),
    );
  });

  test('is shown in an error with its first hundred characters', () => {
    const message = `add: no membership (found "${'x'.repeat(100)}", allowed UID:GROUP or UID:posix:GROUP)`;
    expect(() => parseMembership('add', 'x'.repeat(101))).toThrow(new InvalidRequestError(message));
  });
});

test('losses take access away; everything else can give it, and so can a loss that may be a gain', () => {
  expect(CHANGE_KINDS.filter(isLoss)).toEqual(['revoke', 'downgrade']);
  expect(CHANGE_KINDS.filter((kind) => canGive({ kind }))).toEqual(['upgrade', 'grant', 'approve']);
  expect(canGive({ kind: 'revoke', mayGain: true })).toBe(true);
  expect(canGive({ kind: 'revoke', mayGain: false })).toBe(false);
});

test('a decision is known by its account, and by its project where there are several', () => {
  expect(decisionKey(decision({ account: 'u' }))).toBe('u');
  expect(decisionKey(decision({ account: 'u', project: 'p' }))).toBe('["u","p"]');
});

test('a note about no account has none', () => {
  expect(noteAbout('kind', 'label', 'because')).toEqual({
    kind: 'kind',
    account: null,
    label: 'label',
    because: 'because',
  });
});

test('roles rank by their place in the order, and an unknown one above all', () => {
  expect(['a', 'b', 'c', ''].map(rankIn(['a', 'b']))).toEqual([0, 1, 2, 2]);
});

describe('the outcome of a run', () => {
  const { identity } = toyJob([]).stages;
  const plan = makePlan([toyDecision(toyAccount('ann reader none'))], identity);
  const [change] = plan.changes;
  if (!change) throw new Error('a plan with one change');
  const failed = { outcome: 'failed', message: 'x' } as const;
  const applied = [{ change, result: 'applied' } as const];

  test.each<[string, Parameters<typeof runStateOf>[0], boolean, string]>([
    ['nothing', {}, false, 'unchanged'],
    ['a plan without changes', { plan: { ...plan, changes: [] } }, true, 'unchanged'],
    ['a plan that is only shown', { plan }, true, 'planned'],
    ['a change that was carried out', { plan, results: applied }, false, 'applied'],
    ['changes that were not', { plan, results: [{ change, result: 'unchanged' }] }, false, 'unchanged'],
    [
      'one change of two that was carried out',
      { plan, results: [{ change, result: 'withheld' }, ...applied] },
      false,
      'applied',
    ],
    ['a run that was left out', { skipped: true, plan }, true, 'skipped'],
    ['an error before all', { skipped: true, plan, results: applied, errors: [failed] }, false, 'failed'],
  ])('%s', (_, known, dryRun, outcome) => {
    expect(outcomeOf(runStateOf(known), dryRun)).toBe(outcome);
  });

  test('the state of a run that did nothing is empty', () => {
    expect(runStateOf({})).toEqual({
      target: undefined,
      sources: [],
      notes: [],
      errors: [],
      decisions: [],
      plan: undefined,
      limits: [],
      objections: [],
      results: [],
      drift: [],
      gauges: {},
      skipped: false,
    });
  });
});
