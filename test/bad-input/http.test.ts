import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { http } from '@google-cloud/functions-framework';
import { getTestServer } from '@google-cloud/functions-framework/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { approvalOf } from '../../src/app/read-plan-file.ts';
import { contextOf, httpFunction } from '../../src/http/function.ts';
import { growthbookRoles } from '../../src/jobs/growthbook-roles/job.ts';
import type { Report } from '../../src/reports/report.ts';
import { startScenario } from '../scenarios/growthbook.ts';
import { textMutantsOf } from './mutants.ts';

const logged: string[] = [];
const log = { write: (line: string) => void logged.push(line) };
http(
  'badInput',
  httpFunction(growthbookRoles, (request) => ({ ...contextOf(request), log })),
);
const server = getTestServer('badInput');
const scenario = await startScenario();
const SECRETS = [
  scenario.environment.GROWTHBOOK_LDAP_SYNC_API_KEY ?? '',
  scenario.environment.LDAP_BIND_PASSWORD ?? '',
];
let port = 0;
beforeAll(async () => {
  for (const [name, value] of Object.entries({
    ...scenario.environment,
    MODE: 'enforce',
    LOG_LEVEL: 'error',
  }))
    vi.stubEnv(name, value);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterAll(async () => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
  await scenario.close();
});

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

async function send({ method = 'GET', path = '/', headers = {}, body }: Sent) {
  const sent = request({ host: '127.0.0.1', port, method, path, headers });
  sent.on('error', () => undefined);
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: answer.statusCode ?? 0, content: await text(answer) };
}

/** What is unclear in the refusal of a request; nothing where it is as it should be. */
async function unclear(
  name: string,
  sent: Sent,
  statuses: readonly number[] = [400],
): Promise<readonly string[]> {
  const before = requestsSeen();
  const { status, content } = await send(sent);
  const error = (reportIn(content)?.error ?? content).slice(0, 2500);
  return [
    ...(statuses.includes(status) ? [] : [`${name}: status ${status}: ${error}`]),
    ...(/found .*allowed|found one of them|too many|JSON/s.test(error) && error.length < 2500
      ? []
      : [`${name}: unclear: ${error}`]),
    ...(requestsSeen() === before ? [] : [`${name}: something was read`]),
    ...(SECRETS.some((secret) => `${content}${logged.join()}`.includes(secret)) ? [`${name}: a secret`] : []),
  ];
}

const requestsSeen = () => scenario.growthbook.requests.length + scenario.gitiles.requests.length;

function reportIn(content: string): Report | undefined {
  try {
    return JSON.parse(content) as Report;
  } catch {
    return undefined;
  }
}

/** What no value may be. */
const BAD_VALUES = [
  '',
  '%20',
  '%00',
  'a%00b',
  '%1b[31m',
  'a%E2%80%8Bb',
  '%E2%80%AEa',
  '%ff',
  '%zz',
  '%',
  'x'.repeat(501),
  '%ED%A0%80',
];
/** What no name may be: it looks like one that is known. */
const misspelt = (name: string) => [
  name.toUpperCase(),
  `${name}[]`,
  `${name}[a]`,
  `%${name.charCodeAt(0).toString(16)}${name.slice(1)}`,
  `${name}%20`,
  `+${name}`,
  `${name}%E2%80%8B`,
  name.replace(/[aeo]/, '%D0%B5'),
];
const KNOWN: Readonly<Record<string, string>> = {
  dryRun: 'true',
  only: 'cleo',
  explain: 'cleo',
  check: '',
  history: 'cleo',
  since: '7d',
  add: 'cleo:growthbook-readonly',
  remove: 'cleo:growthbook-admin',
};

test('each parameter that is misspelt, repeated, empty, unreadable or unknown is refused, and nothing is read', async () => {
  const bad = [
    ...Object.entries(KNOWN).flatMap(([name, value]) => [
      ...misspelt(name)
        .filter((other) => other !== name)
        .map((other) => `${other}=${value}`),
      ...BAD_VALUES.filter((other) => other !== '' || name !== 'history').map((other) =>
        name === 'check' ? `check=${other || 'x'}` : `${name}=${other}`,
      ),
      ...(['add', 'remove'].includes(name) ? [] : [`${name}=${value}&${name}=${value}`]),
    ]),
    ...[
      '__proto__=1',
      'constructor=1',
      '__proto__[only]=cleo',
      'toString',
      'x',
      '=',
      '&',
      '?only=cleo',
      'only=cleo&',

      'since=7d',
    ],
    ...['since=1e3d', 'since=7%20d', 'since=-7d', 'since=99999d', 'since=2026-13-01', 'since=%D9%A7d'].map(
      (one) => `history&${one}`,
    ),
    ...['a', 'a:', ':b', 'a:b:c', 'a:posix:', 'a:b:posix:c', ' : '].map(
      (one) => `add=${encodeURIComponent(one)}`,
    ),
    'check&history',
    'only=cleo&explain=cleo',
    'dryRun=false',
  ];
  const found = [];
  for (const query of bad) found.push(...(await unclear(query.slice(0, 80), { path: `/?${query}` })));
  expect(found).toEqual([]);
  expect(bad.length).toBeGreaterThan(150);
});

test('each method and path that is not known, and each header that asks for what there is not, is refused', async () => {
  const found = [];
  for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND'])
    found.push(...(await unclear(method, { method }, [405])));
  for (const path of ['/plan', '//', '/./', '/%2f', '/index.html', '/__proto__', `/${'x'.repeat(5000)}`])
    found.push(...(await unclear(path.slice(0, 40), { path }, [404])));
  for (const accept of [
    'image/png',
    'application/xml',
    '*/*;q=0',
    'text/*;q=0.0',
    'json',
    'application',
    'text/html;q=2',
    `x/${'y'.repeat(4000)}`,
    'application/jsonp',
    'text/plain2',
  ])
    found.push(...(await unclear(`Accept ${accept.slice(0, 40)}`, { headers: { accept } }, [406])));
  for (const encoding of ['gzip', 'br', 'deflate', 'identity, gzip', 'x', '__proto__'])
    found.push(
      ...(await unclear(`Content-Encoding ${encoding}`, {
        method: 'POST',
        headers: { 'content-encoding': encoding, 'content-length': '2' },
        body: '{}',
      })),
    );
  expect(found).toEqual([]);
});

test('each body with one place spoilt, a plan in it included, is refused with 400, and nothing is read', async () => {
  const { report } = await scenario.run({ dryRun: true });
  const now = Date.now();
  const plan = {
    format: report.format,
    run: { job: report.run.job, startedAt: new Date(now).toISOString() },
    target: report.target,
    planHash: report.planHash,
    changes: report.changes.slice(0, 1).map(({ account, kind, from, to }) => ({ account, kind, from, to })),
  };
  const bodies = [
    { dryRun: true, plan, reason: 'a team moved' },
    { dryRun: true, only: 'cleo', approve: report.planHash, reason: 'x' },
  ];
  const mutants = bodies
    .flatMap((body) => textMutantsOf(body))
    .filter(({ text: body }) => !isUnderstood(body, now));
  const found = [];
  for (const { path, how, text: body } of mutants) {
    const headers = { 'content-length': `${Buffer.byteLength(body)}` };
    found.push(...(await unclear(`${path}: ${how}`, { method: 'POST', headers, body })));
  }
  expect(found).toEqual([]);
  expect(mutants.length).toBeGreaterThan(400);
  expect(scenario.posts()).toEqual([]);
}, 120_000);

const visible = (value: unknown) =>
  value === undefined ||
  (typeof value === 'string' && /\S/.test(value) && value.length <= 500 && !/[\p{Cc}\p{Cf}]/u.test(value));

/** Whether a body may be understood, by the page of the function. What is in a plan is up to the plan's own tests. */
function isUnderstood(body: string, now: number): boolean {
  // Without a body the run is not a dry run: that is no mutant.
  if (body === '') return true;
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return false;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  if (/"__proto__"|9007199254740993|1e400|\[{100}/.test(body) || repeats(body)) return false;
  const { dryRun, only, approve, plan, reason, ...others } = value as Record<string, unknown>;
  const isPaired = (approve ?? plan) === undefined ? reason === undefined : reason !== undefined;
  const isBody =
    Object.keys(others).length === 0 &&
    [undefined, true, false].includes(dryRun as boolean | undefined) &&
    isPaired;
  if (!isBody || !visible(only) || !visible(reason)) return false;
  if (approve !== undefined)
    return plan === undefined && /^sha256:[0-9a-f]{64}$/.test(`${approve}`) && typeof approve === 'string';
  try {
    if (plan !== undefined) approvalOf(plan, 'x', { job: 'growthbook-roles', now });
    return true;
  } catch {
    return false;
  }
}

/** Whether the first key of an object is there twice, as the mutants have it. */
const repeats = (body: string) => /\{"(\w+)":[^{}]*(?:\{[^{}]*\}[^{}]*)*"\1":/.test(body);
