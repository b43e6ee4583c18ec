import { expect, test } from 'vitest';
import { mostSevere, OUTCOMES, type RunError, toRunError } from '../../src/engine/outcome.ts';
import { DeadlineError, InvalidRequestError, SourceError, StopError } from '../../src/platform/errors.ts';

const BY_SEVERITY = [
  'invalid-request',
  'invalid-settings',
  'refused',
  'deadline',
  'failed',
  'source-failed',
] as const;
const errorOf = (outcome: RunError['outcome']): RunError => ({ outcome, message: 'x' });

test('a run with several errors ends as the most severe of them, in whatever order they came', () => {
  for (const [index, outcome] of BY_SEVERITY.entries()) {
    const from = BY_SEVERITY.slice(index).map(errorOf);
    expect(mostSevere(from)).toBe(outcome);
    expect(mostSevere(from.toReversed())).toBe(outcome);
  }
  expect(mostSevere([])).toBeUndefined();
});

test.each([
  [new InvalidRequestError('x'), 'invalid-request'],
  [new SourceError('x'), 'source-failed'],
  [new DeadlineError('x'), 'deadline'],
  [new StopError('x'), 'failed'],
  [new TypeError('x'), 'failed'],
])('%o ends a run as %s', (error, outcome) => {
  expect(toRunError(error).outcome).toBe(outcome);
  expect(toRunError(error).message).toContain('x');
});

test('each outcome has its exit code and its status', () => {
  expect(Object.entries(OUTCOMES).map(([name, { exitCode, status }]) => [name, exitCode, status])).toEqual([
    ['unchanged', 0, 200],
    ['planned', 0, 200],
    ['applied', 0, 200],
    ['failed', 1, 500],
    ['refused', 2, 409],
    ['source-failed', 3, 502],
    ['invalid-settings', 4, 500],
    ['invalid-request', 4, 400],
    ['skipped', 5, 200],
    ['deadline', 6, 504],
  ]);
});
