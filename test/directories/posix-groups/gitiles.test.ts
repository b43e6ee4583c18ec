import { createHash } from 'node:crypto';
import { describe, expect, onTestFinished, test } from 'vitest';
import { MAX_FILE_BYTES, readFileAt } from '../../../src/directories/posix-groups/gitiles.ts';
import { SourceError } from '../../../src/platform/errors.ts';
import { NoAnswerError } from '../../../src/platform/http-client.ts';
import { testRun } from '../../fixtures.ts';
import { startGitiles } from '../../sandbox/growthbook/gitiles.ts';
import { type Answer, type Handler, startServer } from '../../sandbox/server.ts';

const COMMIT = 'c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00';
const NEWER = 'deadbeefdeadbeefdeadbeefdeadbeefdeadbeef';
const PATH = 'modules/admin/data/data.yaml';
const TEXT = 'groups: {}\nname: Zoë\n';
const sha256 = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

async function gitiles(text: string = TEXT) {
  const server = await startGitiles({ files: { production: { [COMMIT]: { [PATH]: text } } }, now: () => 0 });
  onTestFinished(() => server.close());
  const run = testRun();
  return { server, run, read: (url: string) => readFileAt(url, run) };
}
/** A server that answers everything alike, and a reading of its `/data.yaml`. */
async function serving(answer: Answer | Handler, query = '') {
  const server = await startServer(typeof answer === 'function' ? answer : () => answer);
  onTestFinished(() => server.close());
  return { server, read: () => readFileAt(`${server.origin}/data.yaml${query}`, testRun()) };
}
const plain = (body: string | Buffer, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status: 200,
  headers: { 'content-type': 'text/plain; charset=utf-8', ...headers },
  body,
});
const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64');

describe('a gitiles branch', () => {
  test('is resolved to a commit first, and the file is read at that commit: two reads', async () => {
    const { server, run, read } = await gitiles();
    expect(await read(server.textUrl('production', PATH))).toEqual({
      text: TEXT,
      version: COMMIT,
      asOf: '1970-01-01T00:00:00.000Z',
    });
    expect(server.requests.map(({ path, query }) => `${path}?${query}`)).toEqual([
      `${server.prefix}/+/refs/heads/production?format=JSON`,
      `${server.prefix}/+/${COMMIT}/${PATH}?format=TEXT`,
    ]);
    expect(run.requestCounter.counts()).toEqual({ gitiles: { GET: 2 } });
  });

  test('that moves between the two reads is read at the commit that was resolved', async () => {
    const { server, read } = await gitiles();
    const branch = `${server.prefix}/+/refs/heads/production`;
    let pushed = false;
    server.addFault({
      when: ({ path }) => {
        if (path !== branch && !pushed) server.push('production', NEWER, { [PATH]: 'other: 1\n' });
        pushed ||= path !== branch;
        return false;
      },
      effect: { kind: 'drop' },
    });
    expect(await read(server.textUrl('production', PATH))).toMatchObject({ text: TEXT, version: COMMIT });
    expect(pushed).toBe(true);
  });

  test.each([
    ['no commit', `)]}'\n{}`],
    ['a commit that is none', `)]}'\n{"commit":"main"}`],
    ['a commit with something behind it', `)]}'\n{"commit":"${COMMIT}/../x"}`],
    ['JSON without the line before it', `{"commit":"${COMMIT}"}`],
    ['a page', '<html></html>'],
    ['nothing', ''],
  ])('that is answered with %s is refused, and no file is read', async (_, body) => {
    const { server } = await serving(plain(body));
    const url = `${server.origin}/+/refs/heads/main/data.yaml?format=TEXT`;
    await expect(readFileAt(url, testRun())).rejects.toThrow(/^gitiles: GET \/\+\/refs\/heads\/main/);
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    ['Tue Aug 18 09:05:07 2026 +0000', '2026-08-18T09:05:07.000Z'],
    ['Tue Aug 8 09:05:07 2026 +0530', '2026-08-08T03:35:07.000Z'],
    ['Tue Aug 18 09:05:07 2026', '2026-08-18T09:05:07.000Z'],
    ['yesterday', null],
    ['Tue Foo 18 09:05:07 2026 +0000', null],
    [undefined, null],
    [7, null],
  ])('tells the time of its commit: %j is %s', async (time, expected) => {
    const head = `)]}'\n${JSON.stringify({ commit: COMMIT, committer: { time } })}`;
    const { server } = await serving(({ path }) => plain(path.endsWith('main') ? head : base64(TEXT)));
    const url = `${server.origin}/+/refs/heads/main/data.yaml?format=TEXT`;
    expect((await readFileAt(url, testRun())).asOf).toBe(expected);
  });

  test('that is unknown is refused with its status', async () => {
    const { server, read } = await gitiles();
    await expect(read(server.textUrl('main', PATH))).rejects.toThrow(/found 404, allowed 200/);
  });
});

describe('other addresses', () => {
  test('a commit’s needs one read, and the commit is the version', async () => {
    const { server, read } = await gitiles();
    const url = `${server.origin}${server.prefix}/+/${COMMIT}/${PATH}?format=TEXT`;
    expect(await read(url)).toEqual({ text: TEXT, version: COMMIT, asOf: null });
    expect(server.requests).toHaveLength(1);
  });

  test.each(['/plain/data.yaml', '/+/refs/tags/v1/data.yaml', '/+/c0ffee/data.yaml', '/+/refs/heads/main'])(
    '%s with format=TEXT is base64, unpinned, its version the file’s sha256',
    async (path) => {
      const { server } = await serving(plain(base64(TEXT)));
      const found = await readFileAt(`${server.origin}${path}?format=TEXT`, testRun());
      expect(found).toEqual({ text: TEXT, version: sha256(TEXT), asOf: null });
      expect(server.requests.map((request) => request.path)).toEqual([path]);
    },
  );

  test.each(['', '?format=JSON', '?format=text', '?x=1'])(
    '%j is the file itself, its version its sha256',
    async (query) => {
      const { server, read } = await serving(plain(TEXT), query);
      expect(await read()).toEqual({ text: TEXT, version: sha256(TEXT), asOf: null });
      expect(`?${server.requests[0]?.query}`).toBe(query || '?');
    },
  );

  test('other parameters go along', async () => {
    const { server, read } = await serving(plain(base64(TEXT)), '?format=TEXT&x=a%26b');
    await read();
    expect(server.requests[0]?.query.get('x')).toBe('a&b');
  });
});

describe('base64', () => {
  test.each([
    ['with a newline at its end', `${base64(TEXT)}\n`],
    ['with padding', base64('ab: 1\n\n')],
  ])('%s is read', async (_, body) => {
    const { read } = await serving(plain(body), '?format=TEXT');
    expect((await read()).text).toBe(Buffer.from(body, 'base64').toString());
  });

  test.each([1, 2, 3])('cut by %i characters is refused', async (cut) => {
    const { read } = await serving(plain(base64(TEXT).slice(0, -cut)), '?format=TEXT');
    await expect(read()).rejects.toThrow(/no whole base64/);
  });

  test('cut by four characters is a file without a newline at its end, which is refused', async () => {
    const { read } = await serving(plain(base64(TEXT).slice(0, -4)), '?format=TEXT');
    await expect(read()).rejects.toThrow(/cut off/);
  });

  test.each(['groups: {}\n\n', 'YWJj*A==', 'YQ==YWI=', '===='])('%j is none', async (body) => {
    const { read } = await serving(plain(body), '?format=TEXT');
    await expect(read()).rejects.toThrow(/no whole base64|cut off/);
  });
});

describe('bytes that are not UTF-8 are refused, with the first one and its line', () => {
  test.each([
    ['Latin-1', Buffer.from('a: 1\nname: Zo\u00eb\n', 'latin1'), '0xeb in line 2'],
    ['UTF-16', Buffer.from('\ufeffa: 1\n', 'utf16le'), '0xff in line 1'],
    ['half a character', Buffer.from([0x61, 0x0a, 0x0a, 0xc3, 0x0a]), '0xc3 in line 3'],
    ['an overlong form', Buffer.from([0xc0, 0xaf, 0x0a]), '0xc0 in line 1'],
    ['half a surrogate pair', Buffer.from([0xed, 0xa0, 0x80, 0x0a]), '0xed in line 1'],
  ])('%s', async (_, bytes, found) => {
    for (const query of ['', '?format=TEXT']) {
      const { read } = await serving(plain(query ? base64(bytes) : bytes), query);
      await expect(read(), query).rejects.toThrow(`the file is not UTF-8 (found the byte ${found})`);
    }
  });

  test('the replacement character itself is no wrong byte', async () => {
    const { read } = await serving(plain('name: \ufffd\n'));
    expect((await read()).text).toBe('name: \ufffd\n');
  });
});

describe('a file is refused', () => {
  test.each([
    ['with no newline at its end', plain('groups: {}'), /cut off \(found 10 bytes/],
    ['that is empty', plain(''), /cut off \(found 0 bytes/],
    ['that is a page by its type', plain(TEXT, { 'content-type': 'text/html' }), /HTML page/],
    ['that is a page by its look', plain('<!DOCTYPE html>\n<p>\n'), /HTML page/],
    ['that is a page by its look, white space first', plain('\n  <HTML>\n'), /HTML page/],
    ['that is not there', { status: 404, body: 'no\n' }, /found 404, allowed 200/],
    ['behind a log-in', { status: 302, headers: { location: '/login' }, body: '' }, /found 302/],
    ['that is forbidden', { status: 403, body: 'no\n' }, /found 403/],
  ])('%s', async (_, answer, message) => {
    for (const query of ['', '?format=TEXT']) {
      const body = query && typeof answer.body === 'string' ? base64(answer.body) : answer.body;
      const { read } = await serving({ ...answer, body }, query);
      await expect(read(), query).rejects.toThrow(message);
    }
  });

  test('shorter than its Content-Length, after five repeats', async () => {
    const { server, read } = await serving(plain(TEXT));
    server.addFault({ when: () => true, effect: { kind: 'truncate', bytes: 11 } });
    await expect(read()).rejects.toThrow(NoAnswerError);
    expect(server.requests).toHaveLength(6);
  });

  test('cut short once: it is read again', async () => {
    const { server, read } = await serving(plain(TEXT));
    server.addFault({ when: () => true, nth: 1, effect: { kind: 'truncate', bytes: 11 } });
    expect((await read()).text).toBe(TEXT);
    expect(server.requests).toHaveLength(2);
  });

  test('a failing server is asked six times in all, and its last answer is reported', async () => {
    const { server, read } = await serving({ status: 503, body: 'over  quota\n' });
    await expect(read()).rejects.toThrow(/found 503, allowed 200\): over quota$/);
    expect(server.requests).toHaveLength(6);
  });
});

describe('4 MiB are the most, of the decoded file', () => {
  const sized = (bytes: number) => Buffer.concat([Buffer.alloc(bytes - 1, 'x'), Buffer.from('\n')]);

  test.each([
    ['as it is', '', -1, true],
    ['as it is', '', 0, true],
    ['as it is', '', 1, false],
    ['in base64', '?format=TEXT', -1, true],
    ['in base64', '?format=TEXT', 0, true],
    ['in base64', '?format=TEXT', 1, false],
  ])('%s%s, %i bytes more: %s', async (_, query, more, accepted) => {
    expect(MAX_FILE_BYTES).toBe(4 * 1024 * 1024);
    const bytes = sized(MAX_FILE_BYTES + more);
    const { server, read } = await serving(plain(query ? base64(bytes) : bytes), query);
    if (accepted) expect((await read()).text).toHaveLength(MAX_FILE_BYTES + more);
    else await expect(read()).rejects.toThrow(/too large/);
    expect(server.requests).toHaveLength(1);
  });
});

describe('a refusal says what was found, and where', () => {
  const FILE = 'gitiles: GET /data.yaml';
  test.each([
    [
      'another status',
      '',
      { status: 404, body: 'no  file\n' },
      'unexpected status (found 404, allowed 200): no file',
    ],
    [
      'a page by its type',
      '',
      plain(TEXT, { 'content-type': 'text/html; charset=utf-8' }),
      'an HTML page came instead of the file (found text/html; charset=utf-8)',
    ],
    [
      'a page without a type',
      '',
      { status: 200, body: ' <html>\n' },
      'an HTML page came instead of the file (found no content type)',
    ],
    [
      'a page in base64',
      '?format=TEXT',
      plain(base64('<!doctype html>\n')),
      'an HTML page came instead of the file (found text/plain; charset=utf-8)',
    ],
    [
      'a page instead of base64',
      '?format=TEXT',
      plain('<html></html>'),
      'an HTML page came instead of the file (found text/plain; charset=utf-8)',
    ],
    ...['*AAA', 'YWJj*A==', 'YQ==YWI=', 'AAA*', '===='].map((body): [string, string, Answer, string] => [
      `base64 that is none (${body})`,
      '?format=TEXT',
      plain(body),
      `no whole base64 (found ${body.length} characters, allowed a multiple of four)`,
    ]),
    [
      'base64 that is cut off',
      '?format=TEXT',
      plain('YWJ'),
      'no whole base64 (found 3 characters, allowed a multiple of four)',
    ],
    [
      'a file that is cut off',
      '',
      plain('ab\nc'),
      'the file is cut off (found 4 bytes with no newline at the end)',
    ],
    [
      'a file that is too large in base64',
      '?format=TEXT',
      plain(base64(`${'x'.repeat(MAX_FILE_BYTES)}\n`)),
      'the file is too large (found 4194305 bytes, allowed 4194304)',
    ],
    [
      'a file that is too large',
      '',
      plain(`${'x'.repeat(MAX_FILE_BYTES)}\n`),
      'the answer is too large (found more than allowed, 4194304 bytes)',
    ],
    [
      'a wrong byte behind a byte order mark',
      '',
      plain(Buffer.from([0xef, 0xbb, 0xbf, 0x61, 0x0a, 0xc3, 0x0a])),
      'the file is not UTF-8 (found the byte 0xc3 in line 2)',
    ],
  ])('%s', async (_, query, answer, message) => {
    const { read } = await serving(answer, query);
    await expect(read()).rejects.toThrow(new SourceError(`${FILE}: ${message}`));
  });

  test('no commit', async () => {
    const { server } = await serving(plain(`)]}'\n{}`));
    const url = `${server.origin}/+/refs/heads/main/data.yaml?format=TEXT`;
    await expect(readFileAt(url, testRun())).rejects.toThrow(
      new SourceError('gitiles: GET /+/refs/heads/main: no commit (allowed: 40 hexadecimal digits)'),
    );
  });

  test('a branch that is larger than a mebibyte', async () => {
    const { server } = await serving(
      plain(`)]}'\n${JSON.stringify({ commit: COMMIT, x: 'x'.repeat(2 ** 20) })}`),
    );
    const url = `${server.origin}/+/refs/heads/main/data.yaml?format=TEXT`;
    await expect(readFileAt(url, testRun())).rejects.toThrow(
      'gitiles: GET /+/refs/heads/main: the answer is too large (found more than allowed, 1048576 bytes)',
    );
  });

  test('a byte order mark stays in the text, which its reader refuses', async () => {
    const { read } = await serving(plain('\ufeffa: 1\n'));
    expect((await read()).text).toBe('\ufeffa: 1\n');
  });

  test('a page is one by the beginning of what came, whatever comes later', async () => {
    const { read } = await serving(plain(`a: 1 # ${' '.repeat(10)}<html>\n`));
    expect((await read()).text).toContain('<html>');
  });
});
