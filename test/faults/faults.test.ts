import { describe, expect, test } from 'vitest';
import { allCells, type Cell, JOBS } from './cells.ts';
import { cleanRun, runCell } from './run-cell.ts';
import type { JobName } from './scenario.ts';

/** One cell in so many is run here, `npm run faults` runs all. A prime leads to each system, command and kind of fault. */
const STRIDE = 211;

const cells = await allCells();
const nameOf = ({ command, system, request, position, fault }: Cell) =>
  `${command}: ${system} ${request} [${position}]: ${fault.name}`;

test('the matrix has tens of thousands of cells, of each job, command and system', () => {
  expect(cells.length).toBeGreaterThan(30_000);
  const groups = new Set(cells.map(({ job, command, system }) => `${job} ${command} ${system}`));
  expect(groups.size).toBeGreaterThan(45);
});

/** Faults that every HTTP system and the directory have to meet, in the words of the matrix. */
const HTTP = [
  ...['refused connection', 'a name that does not exist', 'an address that never answers'],
  ...['TLS with an expired certificate', 'TLS with another name', 'TLS with an unknown authority'],
  ...['reset before the answer', 'reset in the middle of the body', 'no answer, and the connection stays'],
  ...['a slow drip', 'a redirect to another host', 'a redirect to itself', 'not found, in its own form'],
  ...[400, 401, 403, 404, 409, 418, 500, 502, 503].map((status) => `status ${status} with a page`),
  ...['1', 'of a day', 'in words', 'negative', 'beyond all numbers'].map(
    (wait) => `limited, Retry-After ${wait}`,
  ),
  ...['limited, without a wait', 'a page with status 200', 'an empty body', 'a huge body', 'a gzip bomb'],
  ...['half of the body, with its true length', 'echo (base64) in a page', 'echo (html) in a message'],
];
const LDAP = [
  ...['refused connection', 'TLS with an expired certificate', 'a reference to another server'],
  ...[
    'an empty page with a cookie',
    'closed after the answer',
    'notice of disconnection',
    'a byte at a time',
  ],
  ...['result 3 timeLimitExceeded', 'entries, then result 4 sizeLimitExceeded', 'result 10 referral'],
  ...['result 80 other', 'a part of the values, under a name with a range', 'a length of 4 GiB'],
];
/** The codes of RFC 4511, appendix A.1, but for success. */
const CODES = [
  ...[1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 16, 17, 18, 19, 20, 21, 32, 33, 34, 36, 48, 49],
  ...[50, 51, 52, 53, 54, 64, 65, 66, 67, 68, 69, 71, 80],
];
const namesOf = (system: string) =>
  new Set(cells.filter((cell) => cell.system === system).map(({ fault }) => fault.name));

test.each(['growthbook', 'posix', 'gitlab', 'phabricator', 'gerrit', 'mediawiki'])(
  '%s meets each fault',
  (system) => {
    const names = namesOf(system);
    expect(HTTP.filter((name) => !names.has(name))).toEqual([]);
    expect([...names].filter((name) => / becomes /.test(name)).length > 0 || system === 'posix').toBe(true);
  },
);

test('the directory meets each fault, each code of the standard, and each wrong length', () => {
  const names = namesOf('ldap');
  expect(LDAP.filter((name) => !names.has(name))).toEqual([]);
  const codes = new Set([...names].flatMap((name) => /^result (\d+)/.exec(name)?.[1] ?? []));
  expect(CODES.filter((code) => !codes.has(`${code}`))).toEqual([]);
  const places = [...names].flatMap((name) => Number(/^length (\d+)/.exec(name)?.[1] ?? 0));
  expect(Math.max(...places)).toBeGreaterThan(20);
});

test('lists are short, empty, doubled, and their totals change', () => {
  const names = namesOf('growthbook');
  const wanted = ['without any row', 'a row short', 'a row of each twice', 'one more', 'a million'];
  expect(wanted.filter((one) => ![...names].some((name) => name.endsWith(`: ${one}`)))).toEqual([]);
});

test('plan and apply are asked for over HTTP too, with each system', () => {
  const asked = new Set(cells.map(({ command, system }) => `${command} ${system}`));
  for (const system of ['growthbook', 'posix', 'ldap', 'gitlab', 'phabricator', 'gerrit'])
    expect(asked).toContain(`GET ${system}`);
  expect(asked).toContain('POST mediawiki');
});

describe.each(JOBS)('%s holds what it promises', (job: JobName) => {
  const own = cells.filter((cell, index) => cell.job === job && index % STRIDE === 0);
  test.each(own.map((cell) => [nameOf(cell), cell] as const))('%s', async (_, cell) => {
    const { broken } = await runCell(cell, await clean(job));
    expect(broken).toEqual([]);
  });
});

const known = new Map<JobName, ReturnType<typeof cleanRun>>();
function clean(job: JobName): ReturnType<typeof cleanRun> {
  const found = known.get(job) ?? cleanRun(job);
  known.set(job, found);
  return found;
}
