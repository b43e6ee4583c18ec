import { expect, test } from 'vitest';
import { StopError } from '../../src/platform/errors.ts';
import { tryProcessLock } from '../../src/platform/process-lock.ts';
import { createRequestCounter } from '../../src/platform/request-counts.ts';
import { createWriteGuard } from '../../src/platform/write-guard.ts';

test('a permit is closed until it is opened, and says what was stopped', async () => {
  const permit = createWriteGuard();
  await expect(permit.check('growthbook: POST /x')).rejects.toThrow(StopError);
  await expect(permit.check('growthbook: POST /x')).rejects.toThrow(
    /^growthbook: POST \/x: .*nothing was sent/,
  );
  permit.open();
  await expect(permit.check('growthbook: POST /x')).resolves.toBeUndefined();
});

test('each permit is opened for itself', async () => {
  const [one, other] = [createWriteGuard(), createWriteGuard()];
  one.open();
  await expect(other.check('x')).rejects.toThrow(StopError);
});

test('the right to write is checked before each write, and only then', async () => {
  let asked = 0;
  const permit = createWriteGuard(async () => {
    asked += 1;
    if (asked > 2) throw new StopError('the lease was lost');
  });
  await expect(permit.check('x')).rejects.toThrow(/may not write/);
  expect(asked).toBe(0);
  permit.open();
  await permit.check('x');
  await permit.check('x');
  await expect(permit.check('x')).rejects.toThrow('the lease was lost');
  expect(asked).toBe(3);
});

test('one enforcing run of a job at a time: the second has no turn, and the next has one again', () => {
  {
    using first = tryProcessLock('a');
    using second = tryProcessLock('a');
    using other = tryProcessLock('b');
    expect([first.acquired, second.acquired, other.acquired]).toEqual([true, false, true]);
  }
  using next = tryProcessLock('a');
  expect(next.acquired).toBe(true);
});

test('who had no turn does not hand it on', () => {
  using first = tryProcessLock('c');
  {
    using second = tryProcessLock('c');
    expect(second.acquired).toBe(false);
  }
  using third = tryProcessLock('c');
  expect([first.acquired, third.acquired]).toEqual([true, false]);
});

test('requests are counted by system and operation, and a count that was returned does not change', () => {
  const calls = createRequestCounter();
  expect(calls.counts()).toEqual({});
  calls.count('growthbook', 'GET');
  calls.count('growthbook', 'GET');
  calls.count('growthbook', 'POST');
  const before = calls.counts();
  calls.count('ldap', 'search');
  expect(before).toEqual({ growthbook: { GET: 2, POST: 1 } });
  expect(calls.counts()).toEqual({ growthbook: { GET: 2, POST: 1 }, ldap: { search: 1 } });
});
