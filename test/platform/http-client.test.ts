import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { DeadlineError, SourceError, StopError } from '../../src/platform/errors.ts';
import { jsonOf, redact, textOf } from '../../src/platform/http-answer.ts';
import {
  createConcurrencyLimit,
  createHttpClient,
  type HttpRequest,
  type HttpSystem,
  NoAnswerError,
} from '../../src/platform/http-client.ts';
import { createRateLimiter } from '../../src/platform/rate-limit.ts';
import { type TestRunOptions, testRun } from '../fixtures.ts';
import {
  type Answer,
  type FaultEffect,
  type Handler,
  type Recorded,
  startServer,
} from '../sandbox/server.ts';

const SECRET = 'secret_admin_hunter2';
const OK: Answer = { status: 200, body: 'fine' };
const GET: HttpRequest = { method: 'GET', path: '/a' };
const POST: HttpRequest = { method: 'POST', path: '/a', json: { b: 1 } };
const status = (code: number, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status: code,
  headers,
  body: { message: 'no' },
});

interface Setup extends TestRunOptions {
  readonly handler?: Handler;
  readonly system?: Partial<HttpSystem>;
}
async function connected({ handler = () => OK, system = {}, ...options }: Setup = {}) {
  const server = await startServer(handler);
  onTestFinished(() => server.close());
  const run = testRun(options);
  const headers = { authorization: `Bearer ${SECRET}` };
  const whole: HttpSystem = {
    name: 'growthbook',
    root: server.origin,
    headers,
    secrets: [SECRET],
    ...system,
  };
  return { server, run, send: createHttpClient(whole, run), system: whole };
}
/** Answers one after the other, the last one for ever. */
const inTurn = (...answers: readonly Answer[]): Handler => {
  let next = 0;
  return () => {
    next += 1;
    return answers[Math.min(next, answers.length) - 1] ?? OK;
  };
};
/** Each sleep as the shortest that was meant, in whole seconds: jitter adds a quarter at the most. */
const inSeconds = (slept: readonly number[]) => slept.map((ms) => Math.floor(ms / 1000));

describe('a request', () => {
  test('carries path, query, headers and body, and is answered whatever the status', async () => {
    const { server, send } = await connected({ mayWrite: true, handler: () => status(418) });
    const answer = await send({ ...POST, query: { limit: '100', odd: 'a&b' }, headers: { 'x-more': '1' } });
    expect([answer.status, textOf(answer), answer.where]).toEqual([
      418,
      '{"message":"no"}',
      'growthbook: POST /a',
    ]);
    const [{ method, path, query, body, headers } = {} as Recorded] = server.requests;
    expect([method, path, [...query], body]).toEqual([
      'POST',
      '/a',
      [
        ['limit', '100'],
        ['odd', 'a&b'],
      ],
      '{"b":1}',
    ]);
    expect(headers).toMatchObject({
      authorization: `Bearer ${SECRET}`,
      'x-more': '1',
      'user-agent': 'muster',
    });
  });

  test('may carry a form', async () => {
    const { server, send } = await connected({ mayWrite: true });
    await send({ method: 'POST', path: '/a', form: { token: '+\\', text: 'a b' } });
    expect(server.requests[0]?.body).toBe('token=%2B%5C&text=a+b');
    expect(server.requests[0]?.headers['content-type']).toContain('application/x-www-form-urlencoded');
  });

  test('keeps the path of a root that has one', async () => {
    const { server, send, system, run } = await connected();
    await createHttpClient({ ...system, root: `${server.origin}/sub` }, run)(GET);
    await send(GET);
    expect(server.requests.map(({ path }) => path)).toEqual(['/sub/a', '/a']);
  });
});

describe('repeats', () => {
  test.each([408, 429, 500, 501, 502, 503, 504, 520])(
    'a GET answered %i, five times at most, after 1, 2, 4, 8 and 16 s',
    async (code) => {
      const { server, run, send } = await connected({ handler: () => status(code) });
      expect((await send(GET)).status).toBe(code);
      expect(server.requests).toHaveLength(6);
      expect(run.clock.slept).toHaveLength(5);
      for (const [index, ms] of run.clock.slept.entries()) {
        expect(ms).toBeGreaterThanOrEqual(1000 * 2 ** index);
        expect(ms).toBeLessThanOrEqual(1250 * 2 ** index);
      }
    },
  );

  test.each([200, 204, 301, 302, 400, 401, 402, 403, 404, 409, 422])('no GET answered %i', async (code) => {
    const { server, run, send } = await connected({ handler: () => ({ status: code, body: '' }) });
    expect((await send(GET)).status).toBe(code);
    expect([server.requests.length, run.clock.slept]).toEqual([1, []]);
  });

  test.each<FaultEffect>([{ kind: 'drop' }, { kind: 'lose' }, { kind: 'truncate' }])(
    'a GET that gets no whole answer (%j), and throws after five',
    async (effect) => {
      const { server, run, send } = await connected();
      server.addFault({ when: () => true, effect });
      await expect(send(GET)).rejects.toThrow(NoAnswerError);
      expect([server.requests.length, run.clock.slept.length]).toEqual([6, 5]);
    },
  );

  test('a GET where nobody listens, and says so', async () => {
    const { server, run, send } = await connected();
    await server.close();
    await expect(send(GET)).rejects.toThrow(/^growthbook: GET \/a: no answer: ECONNREFUSED/);
    expect(run.clock.slept).toHaveLength(5);
  });

  test('end with the first good answer', async () => {
    const { server, run, send } = await connected({ handler: inTurn(status(503), status(500), OK) });
    expect((await send(GET)).status).toBe(200);
    expect([server.requests.length, inSeconds(run.clock.slept)]).toEqual([3, [1, 2]]);
  });

  test.each([
    ['POST', undefined, 1],
    ['PUT', undefined, 1],
    ['DELETE', undefined, 1],
    ['POST', 0, 1],
    ['POST', 2, 3],
    ['GET', 0, 1],
    ['GET', 1, 2],
  ] as const)('a %s that may repeat %s times is sent %i times', async (method, retries, sent) => {
    const { server, send } = await connected({ mayWrite: true, handler: () => status(503) });
    await send({ method, path: '/a', ...(retries === undefined ? {} : { retries }) });
    expect(server.requests).toHaveLength(sent);
  });

  test('a POST whose answer is lost is sent once by default', async () => {
    const { server, send } = await connected({ mayWrite: true });
    server.addFault({ when: () => true, effect: { kind: 'lose' } });
    await expect(send(POST)).rejects.toThrow(NoAnswerError);
    expect(server.requests).toHaveLength(1);
  });
});

describe('`again`', () => {
  test('is asked after the pause and before each repeat, with what came', async () => {
    const { server, run, send } = await connected({
      mayWrite: true,
      handler: inTurn(status(503), status(502), OK),
    });
    const asked: unknown[] = [];
    const shouldRetry: HttpRequest['shouldRetry'] = async (outcome) => {
      asked.push([
        outcome instanceof NoAnswerError ? outcome : outcome.status,
        run.clock.slept.length,
        server.requests.length,
      ]);
      return true;
    };
    expect((await send({ ...POST, retries: 5, shouldRetry })).status).toBe(200);
    expect(asked).toEqual([
      [503, 1, 1],
      [502, 2, 2],
    ]);
  });

  test('false ends the retries with the answer that came', async () => {
    const { server, send } = await connected({ mayWrite: true, handler: () => status(503) });
    const answer = await send({ ...POST, retries: 5, shouldRetry: async () => false });
    expect([answer.status, server.requests.length]).toEqual([503, 1]);
  });

  test('false after a lost answer throws that', async () => {
    const { server, send } = await connected({ mayWrite: true });
    server.addFault({ when: () => true, effect: { kind: 'lose' } });
    await expect(send({ ...POST, retries: 5, shouldRetry: async () => false })).rejects.toThrow(
      NoAnswerError,
    );
    expect(server.requests).toHaveLength(1);
  });

  test('is not asked after the last repeat, nor where nothing is to be repeated', async () => {
    const { send } = await connected({ mayWrite: true, handler: () => status(503) });
    let asked = 0;
    const shouldRetry = async () => {
      asked += 1;
      return true;
    };
    await send({ ...POST, retries: 2, shouldRetry });
    expect(asked).toBe(2);
    await send({ ...POST, retries: 0, shouldRetry });
    expect(asked).toBe(2);
  });

  test('what it throws ends the request', async () => {
    const { send } = await connected({ mayWrite: true, handler: () => status(503) });
    const shouldRetry = () => Promise.reject(new SourceError('the list could not be read'));
    await expect(send({ ...POST, retries: 5, shouldRetry })).rejects.toThrow('the list could not be read');
  });
});

describe('how long to wait', () => {
  const NOON = 'Mon, 01 Jun 2026 12:00:';
  test.each([
    ['Retry-After is the floor, in seconds', 503, { 'retry-after': '7' }, 7],
    ['Retry-After below the growing pause', 503, { 'retry-after': '0' }, 1],
    ['Retry-After as a date', 503, { 'retry-after': `${NOON}09 GMT` }, 9],
    ['Retry-After as a date that has passed', 503, { 'retry-after': 'Mon, 01 Jun 2026 11:00:00 GMT' }, 1],
    ['Retry-After that can’t be read', 503, { 'retry-after': 'soon' }, 1],
    ['Retry-After below zero', 503, { 'retry-after': '-5' }, 1],
    ['Retry-After on a 429 without a reset', 429, { 'retry-after': '60' }, 60],
    ['RateLimit-Reset decides on a 429', 429, { 'retry-after': '60', 'ratelimit-reset': '3' }, 3],
    [
      'RateLimit-Reset decides, though it is the longer',
      429,
      { 'retry-after': '1', 'ratelimit-reset': '40' },
      40,
    ],
    ['RateLimit-Reset that can’t be read', 429, { 'retry-after': '60', 'ratelimit-reset': 'soon' }, 60],
    ['Retry-After in milliseconds', 503, { 'retry-after': '30000' }, 1],
    ['Retry-After in epoch seconds', 503, { 'retry-after': '1780315200' }, 1],
    ['Retry-After of exactly an hour', 503, { 'retry-after': '3600' }, 3600],
    ['Retry-After of more than an hour', 503, { 'retry-after': '3601' }, 1],
    ['Retry-After as a date of next year', 503, { 'retry-after': 'Tue, 01 Jun 2027 12:00:00 GMT' }, 1],
    ['RateLimit-Reset in epoch seconds', 429, { 'ratelimit-reset': '1780315200' }, 1],
    [
      'RateLimit-Reset in epoch seconds, beside a Retry-After',
      429,
      { 'retry-after': '9', 'ratelimit-reset': '1780315200' },
      9,
    ],
    ['RateLimit-Reset on anything but a 429', 503, { 'retry-after': '7', 'ratelimit-reset': '3' }, 7],
  ] as const)('%s: %i %j → %i s', async (_, code, headers, seconds) => {
    const handler = inTurn(status(code, headers), OK);
    const { run, send } = await connected({ handler, system: { resetInSeconds: true }, seconds: 9999 });
    await send(GET);
    expect(inSeconds(run.clock.slept)).toEqual([seconds]);
  });

  test('RateLimit-Reset decides every time, not only the first', async () => {
    const limited = status(429, { 'retry-after': '60', 'ratelimit-reset': '2' });
    const { run, send } = await connected({
      handler: inTurn(limited, limited, limited, OK),
      system: { resetInSeconds: true },
    });
    await send(GET);
    expect(inSeconds(run.clock.slept)).toEqual([2, 2, 2]);
  });

  test('a reset that elsewhere is a point in time decides nothing there', async () => {
    const handler = inTurn(status(429, { 'retry-after': '5', 'ratelimit-reset': '1780315200' }), OK);
    const { run, send } = await connected({ handler });
    await send(GET);
    expect(inSeconds(run.clock.slept)).toEqual([5]);
  });

  test('pauses of several runs are not all of one length', async () => {
    const { run, send } = await connected({ handler: () => status(503) });
    for (let n = 0; n < 4; n += 1) await send({ ...GET, retries: 1 });
    expect(new Set(run.clock.slept).size).toBeGreaterThan(1);
  });
});

describe('the pace', () => {
  test('is waited for before the request, retries included', async () => {
    const run = testRun();
    const { server, send } = await connected({
      clock: run.clock,
      system: { rateLimiter: createRateLimiter(run.clock, 2) },
    });
    for (let n = 0; n < 3; n += 1) await send(GET);
    expect([server.requests.length, run.clock.slept]).toEqual([3, [60_000]]);
  });

  test('learns from every answer', async () => {
    const run = testRun();
    const none = { 'ratelimit-limit': '60', 'ratelimit-remaining': '0', 'ratelimit-reset': '13' };
    const { send } = await connected({
      clock: run.clock,
      handler: () => ({ ...OK, headers: none }),
      system: { rateLimiter: createRateLimiter(run.clock, 60) },
    });
    await send(GET);
    await send(GET);
    expect(run.clock.slept).toEqual([13_000]);
  });

  test('that would outlast the deadline ends the run instead', async () => {
    const run = testRun();
    const { server, send } = await connected({
      clock: run.clock,
      seconds: 60,
      system: { rateLimiter: createRateLimiter(run.clock, 1) },
    });
    await send(GET);
    await expect(send(GET)).rejects.toThrow(DeadlineError);
    expect([server.requests.length, run.clock.slept]).toEqual([1, []]);
  });
});

describe('the permit', () => {
  test.each(['POST', 'PUT', 'DELETE'] as const)('closed: no %s is sent or counted', async (method) => {
    const { server, run, send } = await connected();
    await expect(send({ method, path: '/a', retries: 5 })).rejects.toThrow(StopError);
    expect([server.requests, run.requestCounter.counts(), run.clock.slept]).toEqual([[], {}, []]);
  });

  test('closed: a GET is sent', async () => {
    const { send } = await connected();
    expect((await send(GET)).status).toBe(200);
  });

  test('which requests write is for the system to say', async () => {
    const { server, send } = await connected({ system: { writes: ({ path }) => path === '/write' } });
    await send(POST);
    await expect(send({ method: 'GET', path: '/write' })).rejects.toThrow(StopError);
    expect(server.requests.map(({ path }) => path)).toEqual(['/a']);
  });

  test('is asked before each repeat, too', async () => {
    let asked = 0;
    const writeGuard = {
      open: () => undefined,
      check: async (what: string) => {
        asked += 1;
        if (asked === 2) throw new StopError(`${what}: the lease was lost`);
      },
    };
    const { server, send } = await connected({ writeGuard, handler: () => status(503) });
    await expect(send({ ...POST, retries: 5 })).rejects.toThrow('the lease was lost');
    expect(server.requests).toHaveLength(1);
  });
});

describe('the deadline', () => {
  test('is looked at before every request', async () => {
    const { server, run, send } = await connected({ seconds: 10 });
    await send(GET);
    run.clock.advance(10_000);
    await expect(send(GET)).rejects.toThrow(DeadlineError);
    expect([server.requests.length, run.requestCounter.counts()]).toEqual([1, { growthbook: { GET: 1 } }]);
  });

  test('is looked at before every pause: one that outlasts it is not begun', async () => {
    const { server, run, send } = await connected({ seconds: 6, handler: () => status(503) });
    await expect(send(GET)).rejects.toThrow(/^growthbook: GET \/a: .*SYNC_DEADLINE_SECONDS/);
    expect(inSeconds(run.clock.slept)).toEqual([1, 2]);
    expect(server.requests).toHaveLength(3);
  });

  test('names what it interrupted: the last failure of the request that was repeated', async () => {
    const { send } = await connected({ seconds: 6, handler: () => status(503) });
    await expect(send(GET)).rejects.toThrow('attempt 3 ended with growthbook: GET /a: 503');
  });

  test('names what it interrupted where no whole answer came', async () => {
    const { server, send } = await connected({ seconds: 6 });
    server.addFault({ when: () => true, effect: { kind: 'drop' } });
    await expect(send(GET)).rejects.toThrow(
      /attempt 3 ended with growthbook: GET \/a: no answer: ECONNRESET/,
    );
  });

  test('ends a request that never gets an answer', async () => {
    const { server, send } = await connected({ seconds: 0.05 });
    server.addFault({ when: () => true, effect: { kind: 'hang' } });
    await expect(send(GET)).rejects.toThrow(DeadlineError);
    expect(server.requests).toHaveLength(1);
  });

  test('a run that was asked to stop sends nothing more', async () => {
    const stop = new AbortController();
    const { server, send } = await connected({ stop: stop.signal });
    stop.abort();
    await expect(send(GET)).rejects.toThrow(StopError);
    expect(server.requests).toEqual([]);
  });
});

test('a redirect names where it leads', async () => {
  const { send } = await connected({
    handler: () => status(302, { location: 'https://sso.example.org/login' }),
  });
  expect((await send(GET)).where).toBe('growthbook: GET /a (redirected to https://sso.example.org/login)');
});

describe('a server that cannot be reached', () => {
  const system = { root: 'http://127.0.0.1:1' };

  test('is tried twice where somebody waits at a terminal', async () => {
    const { run, send } = await connected({ system, interactive: true });
    await expect(send(GET)).rejects.toThrow('ECONNREFUSED');
    expect(run.clock.slept).toHaveLength(1);
  });

  test('is tried six times by a schedule', async () => {
    const { run, send } = await connected({ system });
    await expect(send(GET)).rejects.toThrow('ECONNREFUSED');
    expect(run.clock.slept).toHaveLength(5);
  });
});

describe('an answer’s size', () => {
  const bytes = (n: number): Answer => ({ status: 200, body: Buffer.alloc(n, 'x') });

  test.each([
    [999, true],
    [1000, true],
    [1001, false],
    [50_000, false],
  ])('%i of 1000 bytes allowed: %s', async (size, allowed) => {
    const { server, run, send } = await connected({ handler: () => bytes(size) });
    const sending = send({ ...GET, maxBytes: 1000 });
    if (allowed) expect((await sending).body).toHaveLength(size);
    else
      await expect(sending).rejects.toThrow(
        /^growthbook: GET \/a: the answer is too large .*allowed, 1000 bytes/,
      );
    expect([server.requests.length, run.clock.slept]).toEqual([1, []]);
  });

  test('is a failed source where it is too large', async () => {
    const { send } = await connected({ handler: () => bytes(2000) });
    await expect(send({ ...GET, maxBytes: 1000 })).rejects.toThrow(SourceError);
  });

  test('an endless answer is cut early', async () => {
    const { createServer } = await import('node:http');
    let sent = 0;
    const endless = createServer((_, response) => {
      const more = () => {
        for (let open = true; open && !response.destroyed; ) {
          sent += 65_536;
          open = response.write(Buffer.alloc(65_536));
        }
      };
      response.on('drain', more);
      more();
    });
    await new Promise<void>((resolve) => endless.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      endless.closeAllConnections();
      endless.close();
    });
    const address = endless.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const { run, system } = await connected();
    const send = createHttpClient({ ...system, root: `http://127.0.0.1:${address.port}` }, run);
    await expect(send({ ...GET, maxBytes: 100_000 })).rejects.toThrow(/too large/);
    expect(sent).toBeLessThan(64 * 2 ** 20);
  });

  test('is counted unpacked', async () => {
    const packed = gzipSync(Buffer.alloc(1_000_000));
    const handler = () => ({ status: 200, headers: { 'content-encoding': 'gzip' }, body: packed });
    const { send } = await connected({ handler });
    await expect(send({ ...GET, maxBytes: 100_000 })).rejects.toThrow(/too large/);
  });
});

test.each([301, 302, 303, 307, 308])(
  'a redirect (%i) is not followed: the key goes nowhere else',
  async (code) => {
    const elsewhere = await startServer(() => OK);
    onTestFinished(() => elsewhere.close());
    const { send } = await connected({
      mayWrite: true,
      handler: () => ({ status: code, headers: { location: `${elsewhere.origin}/a` }, body: '' }),
    });
    expect([(await send(GET)).status, (await send(POST)).status]).toEqual([code, code]);
    expect(elsewhere.requests).toEqual([]);
  },
);

describe('a secret', () => {
  test('enters no message and no log line, whatever goes wrong', async () => {
    const { server, run, send } = await connected({ mayWrite: true });
    const query = { token: SECRET };
    for (const kind of ['drop', 'lose', 'truncate'] as const) {
      server.addFault({ when: () => true, effect: { kind } });
      await expect(send({ ...GET, query, retries: 0 })).rejects.toThrow(
        expect.not.objectContaining({ message: expect.stringContaining(SECRET) }),
      );
      server.clearFaults();
    }
    await send({ ...POST, form: { password: SECRET }, json: undefined });
    await server.close();
    await expect(send({ ...GET, query })).rejects.toThrow(/no answer/);
    expect(run.lines.length).toBeGreaterThan(5);
    expect(JSON.stringify(run.lines)).not.toContain(SECRET);
  });

  test.each([
    ['as it is', `key ${SECRET} is bad`, 'key (secret) is bad'],
    ['more than once', `${SECRET}${SECRET}`, '(secret)(secret)'],
    ['on several lines', ` a\n\tb  ${SECRET}\r\n`, 'a b (secret)'],
    ['at the edge of what is kept', `${'x'.repeat(290)} ${SECRET}`, `${'x'.repeat(290)} (secret)`],
  ])('is cut out of what a server says: %s', (_, said, expected) => {
    const system = { name: 'x', root: '', secrets: [SECRET, ''] };
    expect(redact(system, said)).toBe(expected.slice(0, 300));
  });

  test('of which another one is a part is cut out whole', () => {
    const system = { secrets: ['hunter2', 'hunter2-longer'] };
    expect(redact(system, 'it was hunter2-longer')).not.toContain('longer');
  });

  test('that contains white space is cut out, too', () => {
    expect(redact({ secrets: ['two  words'] }, 'it was two  words')).toBe('it was (secret)');
  });

  test('what a server says is one line of at most 300 characters', () => {
    expect(redact({}, 'a\n'.repeat(1000))).toHaveLength(300);
  });
});

describe('calls', () => {
  test('are counted by method or operation, retries included', async () => {
    const { run, send } = await connected({ handler: inTurn(status(503), OK) });
    await send(GET);
    await send({ ...GET, operation: 'user.search' });
    expect(run.requestCounter.counts()).toEqual({ growthbook: { GET: 2, 'user.search': 1 } });
  });

  test('leave one debug line each, with where, status and duration', async () => {
    const { run, send } = await connected({ handler: inTurn(status(503), OK) });
    await send({ ...GET, query: { q: 'ann@example.org' } });
    const facts = { severity: 'DEBUG', event: 'request', where: 'growthbook: GET /a', durationMs: 0 };
    expect(run.lines).toMatchObject([
      { ...facts, status: 503 },
      { ...facts, status: 200 },
    ]);
    expect(JSON.stringify(run.lines)).not.toContain('ann@');
  });
});

test('an answer leaves its type and its size at trace, and none of its words', async () => {
  const { run, send } = await connected({ handler: () => ({ status: 200, body: { secret: 'word' } }) });
  run.log.level = 'trace';
  await send(GET);
  const facts = { severity: 'DEBUG', event: 'answer', where: 'growthbook: GET /a', bytes: 17 };
  expect(run.lines).toContainEqual(
    expect.objectContaining({ ...facts, type: 'application/json; charset=utf-8' }),
  );
  expect(JSON.stringify(run.lines)).not.toContain('word');
});

describe('a gate', () => {
  const held = () => {
    const waiting: (() => void)[] = [];
    const handler: Handler = () => new Promise((resolve) => waiting.push(() => resolve(OK)));
    const release = async (until: () => boolean) => {
      while (!until()) {
        for (const go of waiting.splice(0)) go();
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    };
    return { handler, release };
  };

  test.each([
    [1, 1],
    [4, 4],
    [undefined, 10],
  ])('of %s lets %i of ten requests be under way', async (size, peak) => {
    const { handler, release } = held();
    const { server, send } = await connected({
      handler,
      system: size ? { concurrency: createConcurrencyLimit(size) } : {},
    });
    let ended = false;
    const all = Promise.all(Array.from({ length: 10 }, () => send(GET))).finally(() => {
      ended = true;
    });
    while (server.requests.length < peak) await new Promise((resolve) => setTimeout(resolve, 2));
    await release(() => ended);
    await all;
    expect([server.peak, server.requests.length]).toEqual([peak, 10]);
  });

  test('is shared by the systems that have it', async () => {
    const { handler, release } = held();
    const concurrency = createConcurrencyLimit(4);
    const { server, run, system, send } = await connected({ handler, system: { concurrency } });
    const other = createHttpClient({ ...system, name: 'other' }, run);
    let ended = false;
    const all = Promise.all(Array.from({ length: 10 }, (_, n) => (n % 2 ? send(GET) : other(GET)))).finally(
      () => {
        ended = true;
      },
    );
    while (server.requests.length < 4) await new Promise((resolve) => setTimeout(resolve, 2));
    await release(() => ended);
    await all;
    expect(server.peak).toBe(4);
  });

  test('is opened again by a request that fails', async () => {
    const { server, send } = await connected({ system: { concurrency: createConcurrencyLimit(1) } });
    server.addFault({ when: () => true, nth: 1, effect: { kind: 'drop' } });
    await expect(send({ ...GET, retries: 0 })).rejects.toThrow(NoAnswerError);
    expect((await send(GET)).status).toBe(200);
  });
});

describe('an answer as JSON', () => {
  const answer = (body: string, type?: string) => ({
    status: 200,
    headers: type ? { 'content-type': type } : {},
    body: new TextEncoder().encode(body),
    where: 'gitiles: GET /x',
  });

  test.each([
    ['{"a":1}', '', { a: 1 }],
    [`)]}'\n{"a":1}`, ")]}'", { a: 1 }],
    ['[]', '', []],
  ])('%j after %j', (body, prefix, expected) => {
    expect(jsonOf(answer(body), prefix)).toEqual(expected);
  });

  test.each([
    [
      '<html>',
      '',
      /^gitiles: GET \/x: the answer is not JSON \(found 200, text\/html, 6 characters\): an HTML page$/,
    ],
    [
      '<html><head><title>\nSign in</title><body>secret</body></html>',
      '',
      /characters\): an HTML page: Sign in$/,
    ],
    ['secret', '', /\(found 200, text\/html, 6 characters\)$/],
    ['', '', /not JSON/],
    ['{"a":', '', /not JSON/],
    ['{"a":1}', ")]}'", /no \)\]\}' before the JSON/],
  ])(
    '%j after %j is refused; of what came instead nothing but a page’s title is quoted',
    (body, prefix, message) => {
      expect(() => jsonOf(answer(body, 'text/html'), prefix)).toThrow(message);
      expect(() => jsonOf(answer(body), prefix)).toThrow(SourceError);
    },
  );
});
