import { describe, expect, test } from 'vitest';
import { createDeadline, systemClock } from '../../src/platform/clock.ts';
import { DeadlineError, StopError } from '../../src/platform/errors.ts';
import { stillClock } from '../sandbox/clock.ts';

describe('a deadline', () => {
  test.each([
    [0, 1000, false],
    [999, 1, false],
    [1000, 0, true],
    [1001, 0, true],
    [9999, 0, true],
  ])('of a second, after %i ms: %i left, over: %s', (passed, left, over) => {
    const clock = stillClock();
    const deadline = createDeadline(clock, 1000);
    clock.advance(passed);
    expect(deadline.left()).toBe(left);
    if (over) expect(() => deadline.check('ldap: search')).toThrow(DeadlineError);
    else expect(() => deadline.check('ldap: search')).not.toThrow();
  });

  test.each([-3_600_000, 3_600_000])('is not moved by a wall clock that is set by %i ms', (step) => {
    const clock = stillClock();
    const deadline = createDeadline(clock, 10_000);
    clock.advance(4000);
    clock.step(step);
    expect(deadline.left()).toBe(6000);
  });

  test('after a stop with a grace leaves that time to finish, and no more', () => {
    const [clock, stop] = [stillClock(), new AbortController()];
    const finishing = createDeadline(clock, 240_000, stop.signal).finishing();
    clock.advance(1000);
    stop.abort(8000);
    expect(finishing.left()).toBe(8000);
    clock.advance(8000);
    expect(() => finishing.check('mediawiki: edit')).toThrow(DeadlineError);
  });

  test('names where it came and the setting', () => {
    expect(() => createDeadline(stillClock(), 0).check('ldap: search')).toThrow(
      /^ldap: search: .*SYNC_DEADLINE_SECONDS/,
    );
  });

  test.each([
    [0, true],
    [999, true],
    [1000, false],
    [1001, false],
  ])('a pause of %i ms of a second: sleeps %s, else throws at once', async (ms, sleeps) => {
    const clock = stillClock();
    const pause = createDeadline(clock, 1000).pause(ms, 'growthbook: GET');
    if (sleeps) await pause;
    else await expect(pause).rejects.toThrow(DeadlineError);
    expect(clock.slept).toEqual(sleeps ? [ms] : []);
  });

  test('does not pause when it is over', async () => {
    const clock = stillClock();
    const deadline = createDeadline(clock, 1000);
    clock.advance(1000);
    await expect(deadline.pause(0, 'x')).rejects.toThrow(DeadlineError);
    expect(clock.slept).toEqual([]);
  });

  test('is looked at again after a pause that took longer than it should', async () => {
    const clock = stillClock();
    const slow = { ...clock, sleep: async () => clock.advance(5000) };
    await expect(createDeadline(slow, 1000).pause(10, 'x')).rejects.toThrow(DeadlineError);
  });

  test.each([
    [0, 1000],
    [300, 700],
    [1000, 0],
    [1500, 0],
  ])('%i ms sooner leaves %i of a second', (sooner, left) => {
    const deadline = createDeadline(stillClock(), 1000).sooner(sooner);
    expect(deadline.left()).toBe(left);
    if (left === 0) expect(() => deadline.check('x')).toThrow(DeadlineError);
  });
});

describe('the request to stop', () => {
  const stopped = () => {
    const stop = new AbortController();
    const clock = stillClock();
    return { stop, clock, deadline: createDeadline(clock, 1000, stop.signal) };
  };

  test('ends the run between two steps', () => {
    const { stop, deadline } = stopped();
    expect(() => deadline.check('x')).not.toThrow();
    stop.abort();
    expect(() => deadline.check('x')).toThrow(StopError);
    expect(() => deadline.sooner(1).check('x')).toThrow(StopError);
  });

  test('ends a pause, before it and in it', async () => {
    const { stop, clock, deadline } = stopped();
    const signals: (AbortSignal | undefined)[] = [];
    const listening = {
      ...clock,
      sleep: async (_: number, signal?: AbortSignal) => {
        signals.push(signal);
        stop.abort();
      },
    };
    await expect(createDeadline(listening, 1000, stop.signal).pause(10, 'x')).rejects.toThrow(StopError);
    expect(signals).toEqual([stop.signal]);
    await expect(deadline.pause(10, 'x')).rejects.toThrow(StopError);
    expect(clock.slept).toEqual([]);
  });

  test('is not heard by what has to be finished, whose time still ends', async () => {
    const { stop, clock, deadline } = stopped();
    stop.abort();
    const finishing = deadline.finishing();
    finishing.check('x');
    await finishing.pause(10, 'x');
    expect(clock.slept).toEqual([10]);
    clock.advance(990);
    expect(() => finishing.check('x')).toThrow(DeadlineError);
  });

  test('comes before the deadline where both are there', () => {
    const { stop, clock, deadline } = stopped();
    stop.abort();
    clock.advance(5000);
    expect(() => deadline.check('x')).toThrow(StopError);
  });
});

describe('the machine’s clock', () => {
  test('ends a sleep early when asked to stop', async () => {
    const stop = new AbortController();
    const sleeping = systemClock.sleep(600_000, stop.signal);
    stop.abort();
    await expect(sleeping).resolves.toBeUndefined();
  });

  test('does not sleep at all when asked to stop before', async () => {
    await expect(systemClock.sleep(600_000, AbortSignal.abort())).resolves.toBeUndefined();
  });

  test('counts milliseconds since 1970', () => {
    const [before, now, after] = [Date.now(), systemClock.now(), Date.now()];
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(after);
  });
});
