import { expect, test } from 'vitest';
import {
  DeadlineError,
  InvalidRequestError,
  messageOf,
  SettingsError,
  SourceError,
  StopError,
} from '../../src/platform/errors.ts';

test.each([
  [['A: x'], 'settings: 1 error: A: x'],
  [['A: x', 'B: y'], 'settings: 2 errors: A: x; B: y'],
])('settings name all faults in one message: %j', (faults, message) => {
  const error = new SettingsError(faults);
  expect([error.message, error.errors]).toEqual([message, faults]);
});

test.each([
  [new SettingsError([]), 'SettingsError'],
  [new InvalidRequestError(''), 'InvalidRequestError'],
  [new SourceError(''), 'SourceError'],
  [new DeadlineError(''), 'DeadlineError'],
  [new StopError(''), 'StopError'],
])('%s has its name, for stacks', (error, name) => {
  expect(error.name).toBe(name);
  expect(error).toBeInstanceOf(Error);
});

test.each([
  [new InvalidRequestError('x'), 400],
  [new InvalidRequestError('x', 405), 405],
] as const)('%s is answered with %i', (error, status) => {
  expect(error.status).toBe(status);
});

test.each([
  [new Error('broken'), 'broken'],
  ['oops', 'oops'],
  [undefined, 'undefined'],
  [{ toString: (): string => 'text' }, 'text'],
  [new AggregateError([new Error('a'), 'b']), 'a; b'],
  [new AggregateError([new Error('a')], 'all of them'), 'all of them'],
  [new AggregateError([new AggregateError([new Error('a'), new Error('b')]), new Error('c')]), 'a; b; c'],
])('%o has to say “%s”', (error, message) => {
  expect(messageOf(error)).toBe(message);
});
