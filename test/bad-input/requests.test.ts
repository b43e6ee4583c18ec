import { expect, test } from 'vitest';
import { readRequest } from '../../src/http/request.ts';
import { unreadableIn } from '../../src/platform/check-setting-text.ts';
import { InvalidRequestError } from '../../src/platform/errors.ts';
import { mutantsOf } from './mutants.ts';

const HASH = `sha256:${'a'.repeat(64)}`;
const BODY = { dryRun: true, only: 'ann', approve: HASH, reason: 'a team moved' };

const isLine = (value: unknown) =>
  value === undefined ||
  (typeof value === 'string' && value !== '' && value.length <= 500 && unreadableIn(value) === undefined);

/** Whether a body may be understood, from the page of the function alone. */
function isFine(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const { dryRun, only, approve, reason, ...others } = value as Record<string, unknown>;
  return (
    Object.keys(others).length === 0 &&
    [undefined, true, false].includes(dryRun as boolean | undefined) &&
    (approve === undefined || approve === HASH) &&
    (approve === undefined) === (reason === undefined) &&
    isLine(only) &&
    isLine(reason)
  );
}

test('a body with one place spoilt is refused with 400, and says what was found or what is allowed', () => {
  const bad = mutantsOf(BODY).filter(({ value }) => !isFine(value));
  const unclear = bad.flatMap(({ path, how, value }) => {
    const body = Buffer.from(JSON.stringify(value));
    try {
      readRequest({ method: 'POST', url: '/', body, job: 'a-job', now: 0 });
      return [`${path}: ${how}: was understood`];
    } catch (error) {
      const isClear =
        error instanceof InvalidRequestError && error.status === 400 && /found|allowed/.test(error.message);
      return isClear ? [] : [`${path}: ${how}: ${error}`];
    }
  });
  expect(unclear).toEqual([]);
  expect(bad.length).toBeGreaterThan(50);
});
