import { describe, expect, test } from 'vitest';
import { approvalOf } from '../../src/app/read-plan-file.ts';

const HASH = `sha256:${'ab'.repeat(32)}`;
const NOW = Date.parse('2026-06-08T12:00:00Z');
const change = { account: 'u_1', kind: 'revoke', from: { role: 'admin' }, to: { role: 'noaccess' } };
const report = {
  format: 1,
  run: { job: 'a-job', startedAt: '2026-06-01T12:00:00.000Z', id: 'x' },
  target: { api: 'https://a.example.org' },
  planHash: HASH,
  changes: [{ ...change, label: 'ann@example.org', because: 'a sentence' }],
};
const read = (file: unknown, now = NOW) => approvalOf(file, 'a reason', { job: 'a-job', now });

test('a plan file approves its changes, with its hash, its target and the reason', () => {
  expect(read(report)).toEqual({
    hash: HASH,
    reason: 'a reason',
    target: { api: 'https://a.example.org' },
    changes: [change],
  });
});

describe('a plan file is refused', () => {
  test.each([
    ['another format', { ...report, format: 2 }, 'format'],
    ['no format', { ...report, format: undefined }, 'format'],
    ['a report without a plan', { ...report, planHash: null }, 'planHash'],
    ['no target', { ...report, target: null }, 'target'],
    [
      'a change of an unknown kind',
      { ...report, changes: [{ ...change, kind: 'unchanged' }] },
      'changes.0.kind',
    ],
    ['a change without an account', { ...report, changes: [{ ...change, account: 7 }] }, 'changes.0.account'],
    ['no object', [report], 'plan file'],
    ['nothing', null, 'plan file'],
    ["another job's plan", { ...report, run: { ...report.run, job: 'b-job' } }, 'found b-job, allowed a-job'],
  ])('for %s', (_, file, message) => {
    expect(() => read(file)).toThrow(message);
  });

  test('after seven days, with its age', () => {
    expect(() => read(report, NOW)).not.toThrow();
    expect(() => read(report, NOW + 86_400_000)).toThrow('too old (found 8.0 days, allowed 7 days)');
  });

  test('when it is from the future', () => {
    expect(() => read(report, Date.parse('2026-06-01T11:00:00Z'))).toThrow('made in the future');
  });
});
