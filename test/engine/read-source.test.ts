import { describe, expect, test } from 'vitest';
import type { SourceReading } from '../../src/engine/model.ts';
import { allSources, readSource } from '../../src/engine/read-source.ts';
import type { Recorder } from '../../src/engine/stage-types.ts';
import { DeadlineError, SourceError, StopError } from '../../src/platform/errors.ts';
import { stillClock } from '../sandbox/clock.ts';

function recording() {
  const sources: SourceReading[] = [];
  const recorder: Recorder = {
    source: (reading) => sources.push(reading),
    note: () => undefined,
    failure: () => undefined,
  };
  return { sources, at: { clock: stillClock(), recorder } };
}

describe('one source', () => {
  test('is put down with its name, entries, version and duration, and gives its facts', async () => {
    const { sources, at } = recording();
    const read = async () => {
      at.clock.advance(1234);
      return { facts: ['a'], entries: 1, version: 'abc' };
    };
    expect(await readSource('posix', read, at)).toEqual(['a']);
    expect(sources).toEqual([{ name: 'posix', entries: 1, version: 'abc', asOf: null, durationMs: 1234 }]);
  });

  test.each([
    ['an error', new Error('broken'), 'source ldap: broken'],
    ['a refusal', new SourceError('gone'), 'source ldap: gone'],
    ['a thrown text', 'oops', 'source ldap: oops'],
    ['several errors', new AggregateError([new Error('a'), new Error('b')]), 'source ldap: a; b'],
  ])('that fails with %s is a SourceError that names it, and is not put down', async (_, thrown, message) => {
    const { sources, at } = recording();
    const reading = readSource('ldap', () => Promise.reject(thrown), at);
    await expect(reading).rejects.toThrow(new SourceError(message));
    await expect(reading).rejects.toBeInstanceOf(SourceError);
    expect(sources).toEqual([]);
  });

  test('that throws before it waits is no different', async () => {
    const read = () => {
      throw new Error('broken');
    };
    await expect(readSource('ldap', read, recording().at)).rejects.toBeInstanceOf(SourceError);
  });

  test.each([new DeadlineError('x'), new StopError('x')])(
    'that ran out of time says so: %s',
    async (error) => {
      await expect(readSource('ldap', () => Promise.reject(error), recording().at)).rejects.toBe(error);
    },
  );
});

describe('sources side by side', () => {
  const failing = (error: unknown) => Promise.reject(error);

  test('come back in the order in which they were asked', async () => {
    const slow = new Promise<string>((resolve) => setImmediate(() => resolve('slow')));
    expect(await allSources([slow, Promise.resolve(2)])).toEqual(['slow', 2]);
  });

  test('fail with everything that failed', async () => {
    const readings = [
      failing(new SourceError('a is down')),
      Promise.resolve(1),
      failing(new SourceError('b is down')),
    ];
    const found = allSources(readings);
    await expect(found).rejects.toThrow('a is down; b is down');
    await expect(found).rejects.toBeInstanceOf(SourceError);
  });

  test('time running out comes before what failed', async () => {
    const late = new DeadlineError('x');
    await expect(allSources([failing(new SourceError('a')), failing(late)])).rejects.toBe(late);
  });

  test('nothing is given up before all have ended', async () => {
    let ended = false;
    const slow = new Promise<void>((resolve) =>
      setImmediate(() => {
        ended = true;
        resolve();
      }),
    );
    await expect(allSources([failing(new SourceError('a')), slow])).rejects.toThrow('a');
    expect(ended).toBe(true);
  });
});
