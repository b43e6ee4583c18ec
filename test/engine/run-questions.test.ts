import { describe, expect, test } from 'vitest';
import type { ComparisonRules } from '../../src/engine/comparison.ts';
import { noteAbout } from '../../src/engine/model.ts';
import type { Recording } from '../../src/engine/recording.ts';
import { runStages } from '../../src/engine/run-stages.ts';
import type { WhatIfStages } from '../../src/engine/stage-types.ts';
import { InvalidRequestError } from '../../src/platform/errors.ts';
import { testRun } from '../fixtures.ts';
import { TOY_SOURCE, TOY_TARGET, type ToyAccount, toyAccount, toyJob } from './toy-job.ts';

const ACCOUNTS = ['ann reader admin', 'bob reader none'];
const whatIf: WhatIfStages<readonly ToyAccount[], string> = {
  factsFormat: {
    toJson: (facts) => facts.map(({ id, current, desired }) => `${id} ${current} ${desired}`),
    fromJson: (value) => (value as readonly string[]).map(toyAccount),
  },
  change: (facts, changes) => [
    ...facts,
    ...changes.map(({ uid, group }) => toyAccount(`${uid} none ${group}`)),
  ],
  compareAccess: (before, after) => before.length - after.length,
};
const invalid = (message: string) => [{ outcome: 'invalid-request', message }];

describe('a question about a name', () => {
  test('is answered from the plan, with the sources and what refuses it', async () => {
    const { stages } = toyJob(['ann reader none', 'bob reader none']);
    const { explanation } = await runStages(stages, testRun({ explain: 'ann', dryRun: true }));
    expect(explanation).toMatchObject({
      who: 'ann',
      nearest: [],
      matches: [
        {
          sources: [{ source: 'toy', says: 'ann is there', version: 'v1', asOf: '2026-06-01T00:00:00Z' }],
          decision: {
            account: 'ann',
            kind: 'revoke',
            hindrance:
              'the whole plan is refused: losses: too many for one run (found 2, allowed 1; see TOY_LOSSES)',
          },
        },
      ],
    });
  });

  test('that nobody asked has no answer', async () => {
    const state = await runStages(toyJob(ACCOUNTS).stages, testRun({ dryRun: true }));
    for (const key of ['explanation', 'recorded', 'comparison', 'whatIf'])
      expect(state).not.toHaveProperty(key);
  });
});

describe('a recording', () => {
  const recording: Recording = {
    format: 1,
    kind: 'muster-recording',
    run: { id: 'r1', job: 'toy', startedAt: '2026-06-01T12:00:00.000Z', version: '1.0.0' },
    settings: {},
    target: TOY_TARGET,
    sources: [TOY_SOURCE, { ...TOY_SOURCE, name: 'other' }],
    notes: [noteAbout('collected', 'toy', 'was read')],
    failures: ['source b: is down'],
    facts: ['cid none reader'],
  };

  test('holds what was read: the sources, the notes of reading, the failures and the facts', async () => {
    const { stages } = toyJob(ACCOUNTS, { whatIf });
    const collect: typeof stages.collect = async (recorder) => {
      recorder.failure('source b: is down');
      return await stages.collect(recorder);
    };
    const { recorded } = await runStages({ ...stages, collect }, testRun({ record: true }));
    expect(recorded).toEqual({
      target: TOY_TARGET,
      sources: [TOY_SOURCE],
      notes: [noteAbout('collected', 'toy', 'was read')],
      failures: ['source b: is down'],
      facts: ACCOUNTS,
    });
  });

  test('takes the place of reading, with its sources, notes and failures', async () => {
    const { stages, calls } = toyJob(ACCOUNTS, { whatIf });
    const state = await runStages(stages, testRun({ recorded: recording, dryRun: true }));
    expect(calls).toEqual([]);
    expect(state).toMatchObject({
      sources: recording.sources,
      notes: [{ kind: 'collected' }, { kind: 'resolved' }],
      errors: [{ outcome: 'source-failed', message: 'source b: is down' }],
      decisions: [{ account: 'cid', kind: 'grant' }],
    });
  });

  test('of another target is refused', async () => {
    const recorded = { ...recording, target: { api: 'https://other.example.org' } };
    expect((await runStages(toyJob(ACCOUNTS, { whatIf }).stages, testRun({ recorded }))).errors).toEqual(
      invalid(
        'recording: another target (found {"api":"https://other.example.org"}, allowed {"api":"https://toy.example.org"})',
      ),
    );
  });

  test('has to hold what the policy of a question needs as well', async () => {
    const { stages } = toyJob(ACCOUNTS, { whatIf });
    const fromJson = () => {
      throw new InvalidRequestError('recording: group x was not read');
    };
    const other = { ...stages, whatIf: { ...whatIf, factsFormat: { ...whatIf.factsFormat, fromJson } } };
    const { errors } = await runStages(stages, testRun({ recorded: recording }), other);
    expect(errors).toEqual([
      { outcome: 'source-failed', message: 'source b: is down' },
      ...invalid('recording: group x was not read'),
    ]);
  });

  test.each([
    ['be used', { recorded: { ...recording, failures: [] } }],
    ['be made', { record: true }],
    ['be asked what if', { whatIf: { changes: [], policy: null } }],
  ])('cannot %s where the job has none', async (_, over) => {
    const { errors } = await runStages(toyJob(ACCOUNTS).stages, testRun({ ...over, dryRun: true }));
    expect(errors).toEqual(invalid('this job has neither recordings nor what-if'));
  });
});

describe('a question of the form what if', () => {
  const change = { kind: 'add', uid: 'cid', source: 'ldap', group: 'reader' } as const;

  test('is answered by the differences from the plan of today', async () => {
    const { stages } = toyJob(ACCOUNTS, { whatIf });
    const state = await runStages(
      stages,
      testRun({ whatIf: { changes: [change], policy: 'p.yaml' }, dryRun: true }),
    );
    expect(state.decisions.map(({ account }) => account)).toEqual(['ann', 'bob', 'cid']);
    expect(state.whatIf).toEqual({
      changes: [change],
      policy: 'p.yaml',
      differences: [
        {
          account: 'cid',
          label: 'cid@example.org',
          direction: 'gains',
          before: null,
          after: { access: 'reader', rule: 1, because: 'cid gets reader' },
        },
      ],
      stays: [
        { account: 'ann', label: 'ann@example.org' },
        { account: 'bob', label: 'bob@example.org' },
      ],
    });
  });

  test('about another policy compares its decisions with those of the policy in effect', async () => {
    const { stages } = toyJob(ACCOUNTS, { whatIf });
    const other = {
      ...stages,
      resolve: (facts: readonly ToyAccount[]) =>
        stages.resolve(facts.map((one) => ({ ...one, desired: 'reader' }))),
    };
    const state = await runStages(
      stages,
      testRun({ whatIf: { changes: [], policy: 'p.yaml' }, dryRun: true }),
      other,
    );
    expect(state.decisions.map(({ to }) => to)).toEqual(['reader', 'reader']);
    expect(state.whatIf?.differences).toMatchObject([
      { account: 'ann', direction: 'loses', before: { access: 'admin' }, after: { access: 'reader' } },
      { account: 'bob', direction: 'loses', before: { access: 'none' }, after: { access: 'reader' } },
    ]);
  });
});

describe('a comparison', () => {
  const comparison: ComparisonRules<string> = {
    keyOf: (name) => name.toUpperCase(),
    decisionOf: ({ to }) => `${to}`,
    wordOf: (word) => word.toLowerCase(),
    nothing: 'none',
  };
  const readOthers = async (keyOf: (account: string) => string) => [
    { account: keyOf('ann@example.org'), decision: 'READER', line: 2 },
  ];

  test('is made with the decisions of another tool, whose accounts have the same key', async () => {
    const { stages } = toyJob(ACCOUNTS, { comparison });
    expect((await runStages(stages, testRun({ readOthers, dryRun: true }))).comparison).toMatchObject({
      different: [{ account: 'ann@example.org', theirs: 'reader', ours: 'admin' }],
      onlyTheirs: [],
      onlyOurs: [],
      same: 1,
    });
  });

  test('cannot be made where the job has none, and nothing is read for it', async () => {
    const { stages, calls } = toyJob(ACCOUNTS);
    expect((await runStages(stages, testRun({ readOthers }))).errors).toEqual(
      invalid('this job has no comparison'),
    );
    expect(calls).toEqual([]);
  });

  test('is not made where nobody asks, whatever the job has', async () => {
    const { stages } = toyJob(ACCOUNTS, { comparison });
    const state = await runStages(stages, testRun({ dryRun: true }));
    expect(state.errors).toEqual([]);
    expect(state).not.toHaveProperty('comparison');
  });
});
