import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createRateLimiter,
  type Headers,
  numberIn,
  type RateLimiter,
} from '../../src/platform/rate-limit.ts';
import { stillClock } from '../sandbox/clock.ts';

const limits = (limit: number, remaining: number, reset: number): Headers => ({
  'ratelimit-limit': `${limit}`,
  'ratelimit-remaining': `${remaining}`,
  'ratelimit-reset': `${reset}`,
});
/** How many requests find their place now. */
function placesIn(limiter: RateLimiter): number {
  for (let found = 0; ; found += 1) if (limiter.wait() > 0) return found;
}

describe('where the server says nothing', () => {
  test.each([1, 2, 60, 6000])(
    '%i a minute find their place, and the next waits for the minute to end',
    (perMinute) => {
      const clock = stillClock();
      const limiter = createRateLimiter(clock, perMinute);
      expect(placesIn(limiter)).toBe(perMinute);
      clock.advance(59_000);
      expect(limiter.wait()).toBe(1000);
      clock.advance(999);
      expect(limiter.wait()).toBe(1);
      clock.advance(1);
      expect(placesIn(limiter)).toBe(perMinute);
    },
  );

  test('the minute begins with the first request', () => {
    const clock = stillClock();
    const limiter = createRateLimiter(clock, 1);
    clock.advance(30_000);
    expect(limiter.wait()).toBe(0);
    expect(limiter.wait()).toBe(60_000);
  });
});

describe('where the server says what is left', () => {
  test('that counts, though our own limit is higher', () => {
    const clock = stillClock();
    const limiter = createRateLimiter(clock, 60);
    limiter.wait();
    limiter.learn(limits(60, 3, 20));
    expect(placesIn(limiter)).toBe(3);
    expect(limiter.wait()).toBe(20_000);
  });

  test('nothing left: wait for the reset, not for our own minute', () => {
    const clock = stillClock();
    const limiter = createRateLimiter(clock, 60);
    limiter.wait();
    limiter.learn(limits(60, 0, 3));
    expect(limiter.wait()).toBe(3000);
    clock.advance(3000);
    expect(limiter.wait()).toBe(0);
  });

  test('our own limit counts, though the server leaves more', () => {
    const limiter = createRateLimiter(stillClock(), 5);
    limiter.wait();
    limiter.learn(limits(600, 599, 60));
    expect(placesIn(limiter)).toBe(4);
  });

  test('what others used of the window is counted', () => {
    const limiter = createRateLimiter(stillClock(), 30);
    limiter.wait();
    limiter.learn(limits(60, 40, 60));
    expect(placesIn(limiter)).toBe(10);
  });

  test('an answer that comes late does not give places back', () => {
    const limiter = createRateLimiter(stillClock(), 60);
    for (let n = 0; n < 3; n += 1) limiter.wait();
    limiter.learn(limits(60, 1, 60));
    expect(limiter.wait()).toBe(0);
    limiter.learn(limits(60, 2, 60));
    expect(limiter.wait()).toBe(60_000);
  });

  test('nor where the server does not say what its limit is', () => {
    const limiter = createRateLimiter(stillClock(), 60);
    for (let n = 0; n < 3; n += 1) limiter.wait();
    limiter.learn({ 'ratelimit-remaining': '1', 'ratelimit-reset': '60' });
    limiter.learn({ 'ratelimit-remaining': '2', 'ratelimit-reset': '60' });
    expect(placesIn(limiter)).toBe(1);
  });

  test('a new window of the server’s is a new window', () => {
    const clock = stillClock();
    const limiter = createRateLimiter(clock, 2);
    limiter.wait();
    limiter.learn(limits(2, 1, 10));
    clock.advance(9_900);
    limiter.wait();
    limiter.learn(limits(2, 1, 60));
    expect(placesIn(limiter)).toBe(1);
  });

  test.each([
    ['no reset', { 'ratelimit-remaining': '0' }],
    ['nothing left unsaid', { 'ratelimit-reset': '5' }],
    ['no number', { 'ratelimit-remaining': 'none', 'ratelimit-reset': '5' }],
    ['less than nothing', { 'ratelimit-remaining': '-1', 'ratelimit-reset': '5' }],
    ['the other family of names', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '5' }],
    ['nothing', {}],
  ])('headers with %s are not believed', (_, headers) => {
    const limiter = createRateLimiter(stillClock(), 3);
    limiter.wait();
    limiter.learn(headers);
    expect(placesIn(limiter)).toBe(2);
  });
});

test.each([
  ['5', 5],
  ['0', 0],
  ['1.5', 1.5],
  ['', undefined],
  [' ', undefined],
  ['-1', undefined],
  ['soon', undefined],
  ['Infinity', undefined],
  [['5', '6'], undefined],
  [undefined, undefined],
])('the number in %j is %s', (value, expected) => {
  expect(numberIn({ it: value }, 'it')).toBe(expected);
});

test('a server with a fixed window, whenever it begins, never has to answer 429', () => {
  const begins = fc.nat({ max: 59_999 });
  const perMinute = fc.integer({ min: 1, max: 60 });
  fc.assert(
    fc.property(begins, perMinute, fc.array(fc.nat({ max: 2000 }), { maxLength: 20 }), (begun, own, gaps) => {
      const clock = stillClock(begun);
      const limiter = createRateLimiter(clock, own);
      let used = 0;
      let window = 0;
      for (let n = 0; n < 150; n += 1) {
        clock.advance(gaps[n % Math.max(1, gaps.length)] ?? 0);
        for (let wait = limiter.wait(); wait > 0; wait = limiter.wait()) clock.advance(wait);
        const now = Math.floor(clock.now() / 60_000);
        if (now !== window) {
          window = now;
          used = 0;
        }
        used += 1;
        expect(used).toBeLessThanOrEqual(60);
        limiter.learn(limits(60, 60 - used, Math.ceil((60_000 - (clock.now() % 60_000)) / 1000)));
      }
    }),
    { numRuns: 50 },
  );
});
