import { describe, expect, test } from 'vitest';
import { journal } from '../../src/pipeline/journal.ts';
import type { Change, Decision } from '../../src/pipeline/model.ts';
import { emptyStory, makeReport, type RunOutcome, type Story } from '../../src/pipeline/report.ts';
import { decision, testRun } from '../fixtures.ts';

const change: Change<string> = {
  ...decision({ account: 'u_9', groups: ['ldap:a'] }),
  kind: 'revoke',
  from: 'a',
  to: 'b',
};

function linesOf(over: Partial<Story<string>>, ending?: { outcome: RunOutcome; error: string | null }) {
  const run = testRun();
  run.calls.count('growthbook', 'GET');
  const story = { ...emptyStory<string>(), ...over };
  run.clock.advance(70);
  journal(story, makeReport(story, run, { kinds: ['revoke', 'unchanged'], ending }), run.log);
  return run.lines;
}

describe('one decision line for each account', () => {
  test('with kind, rule, sentence, groups, from, to and result', () => {
    const decided = linesOf({ decisions: [change], outcomes: [{ change, result: 'applied' }] });
    expect(decided[0]).toMatchObject({
      severity: 'INFO',
      message: 'account decided',
      event: 'decision',
      account: 'u_9',
      label: 'ann@example.org',
      kind: 'revoke',
      result: 'applied',
      rule: 1,
      because: 'a sentence',
      groups: ['ldap:a'],
      from: 'a',
      to: 'b',
    });
    expect(decided[0]).not.toHaveProperty('error');
  });

  test('with the error of a change that failed', () => {
    const [line] = linesOf({ decisions: [change], outcomes: [{ change, result: 'failed', error: 'lost' }] });
    expect(line).toMatchObject({ result: 'failed', error: 'lost' });
  });

  test.each<[Decision<string>['kind'], string]>([
    ['unchanged', 'DEBUG'],
    ['skipped', 'INFO'],
    ['pending-sign-in', 'INFO'],
    ['undecided', 'INFO'],
    ['grant', 'INFO'],
  ])('%s is logged at %s', (kind, severity) => {
    expect(linesOf({ decisions: [decision({ kind })] })[0]).toMatchObject({ severity, kind, result: null });
  });

  test('whose message is one sentence, whatever the facts', () => {
    const decisions = ['u_1', 'u_2', 'u_3'].map((account) => decision({ account, kind: 'skipped' }));
    const lines = linesOf({ decisions }).filter(({ event }) => event === 'decision');
    expect(new Set(lines.map(({ message }) => message)).size).toBe(1);
    expect(lines.map(({ account }) => account)).toEqual(['u_1', 'u_2', 'u_3']);
  });

  test('that names an address nowhere but in its label', () => {
    const [line = {}] = linesOf({ decisions: [change] });
    const { label, ...rest } = line;
    expect(label).toBe('ann@example.org');
    expect(JSON.stringify(rest)).not.toContain('@');
  });
});

describe('one run.completed line', () => {
  test('the last, with outcome, counts, calls, durations and head-room', () => {
    const lines = linesOf({
      decisions: [change, decision()],
      plan: { changes: [change], hash: 'sha256:x' },
      outcomes: [{ change, result: 'applied' }],
      sources: [{ name: 'ldap', entries: 3, version: null, durationMs: 40 }],
      limits: [{ name: 'revokes', found: 1, allowed: 5 }],
      gauges: { seatsInUse: 7 },
    });
    expect(lines.filter(({ event }) => event === 'run.completed')).toHaveLength(1);
    expect(lines.at(-1)).toMatchObject({
      severity: 'INFO',
      message: 'run completed',
      event: 'run.completed',
      mode: 'enforce',
      dryRun: false,
      outcome: 'applied',
      exitCode: 0,
      error: null,
      approved: null,
      counts: { revoke: 1, unchanged: 1 },
      headRoom: { revokes: 4 },
      gauges: { seatsInUse: 7 },
      calls: { growthbook: { GET: 1 } },
      planHash: 'sha256:x',
      durationMs: 70,
      durations: { ldap: 40 },
      objections: [],
    });
  });

  test.each([
    ['unchanged', 'INFO'],
    ['planned', 'INFO'],
    ['applied', 'INFO'],
    ['skipped', 'INFO'],
    ['failed', 'ERROR'],
    ['source-failed', 'ERROR'],
    ['invalid-settings', 'ERROR'],
    ['invalid-request', 'ERROR'],
    ['deadline', 'ERROR'],
    ['refused', 'CRITICAL'],
  ] as const)('%s is %s', (outcome, severity) => {
    expect(linesOf({}, { outcome, error: null })).toMatchObject([{ outcome, severity }]);
  });
});
