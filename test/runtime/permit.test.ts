import { expect, test } from 'vitest';
import { startCalls } from '../../src/runtime/calls.ts';
import { StopError } from '../../src/runtime/errors.ts';
import { closedPermit } from '../../src/runtime/permit.ts';
import { takeTurn } from '../../src/runtime/turn.ts';

test('a permit is closed until it is opened, and says what was stopped', async () => {
  const permit = closedPermit();
  await expect(permit.check('growthbook: POST /x')).rejects.toThrow(StopError);
  await expect(permit.check('growthbook: POST /x')).rejects.toThrow(
    /^growthbook: POST \/x: .*nothing was sent/,
  );
  permit.open();
  await expect(permit.check('growthbook: POST /x')).resolves.toBeUndefined();
});

test('each permit is opened for itself', async () => {
  const [one, other] = [closedPermit(), closedPermit()];
  one.open();
  await expect(other.check('x')).rejects.toThrow(StopError);
});

test('whether the right to write is still held is asked before each write, and only then', async () => {
  let asked = 0;
  const permit = closedPermit(async () => {
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
    using first = takeTurn('a');
    using second = takeTurn('a');
    using other = takeTurn('b');
    expect([first.mine, second.mine, other.mine]).toEqual([true, false, true]);
  }
  using next = takeTurn('a');
  expect(next.mine).toBe(true);
});

test('who had no turn does not hand it on', () => {
  using first = takeTurn('c');
  {
    using second = takeTurn('c');
    expect(second.mine).toBe(false);
  }
  using third = takeTurn('c');
  expect([first.mine, third.mine]).toEqual([true, false]);
});

test('calls are counted by system and operation, and a count that was handed out stands still', () => {
  const calls = startCalls();
  expect(calls.counts()).toEqual({});
  calls.count('growthbook', 'GET');
  calls.count('growthbook', 'GET');
  calls.count('growthbook', 'POST');
  const before = calls.counts();
  calls.count('ldap', 'search');
  expect(before).toEqual({ growthbook: { GET: 2, POST: 1 } });
  expect(calls.counts()).toEqual({ growthbook: { GET: 2, POST: 1 }, ldap: { search: 1 } });
});
