import { describe, expect, test } from 'vitest';
import { answered, RetryableError, valueIn, WikiAccessError } from '../../../src/audit/mediawiki/answer.ts';
import { SourceError } from '../../../src/platform/errors.ts';
import { NoAnswerError } from '../../../src/platform/http-client.ts';

const WHERE = 'mediawiki: GET /w/api.php';
const system = { name: 'mediawiki', root: 'https://wiki.example', secrets: ['hush-hush-hush'] };
const answer = (status: number, body: unknown, headers: Record<string, string> = {}) => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body)),
  where: WHERE,
});

/** What was thrown: the kind of error, and what a retry waits for. */
function thrown(status: number, body: unknown, headers?: Record<string, string>) {
  try {
    return valueIn(answer(status, body, headers), system);
  } catch (error) {
    if (error instanceof RetryableError) {
      expect(error.name).toBe('RetryableError');
      return [error.kind, error.wait, error.message];
    }
    if (error instanceof WikiAccessError) {
      expect(error).toBeInstanceOf(SourceError);
      expect(error.name).toBe('WikiAccessError');
      return ['never', error.message];
    }
    if (error instanceof SourceError) return ['failed', error.message];
    throw error;
  }
}
const coded = (code: string, info = 'no') => ({ error: { code, info } });
const refused = (code: string, info = 'no') => `${WHERE}: refused (found ${code}, allowed no error): ${info}`;

test.each([{ query: { pages: [] } }, {}])('a success is its JSON: %j', (body) => {
  expect(thrown(200, body)).toEqual(body);
});

describe('an error of the API', () => {
  const temporary: readonly (readonly [string, string, number])[] = [
    ['editconflict', 'conflict', 0],
    ['articleexists', 'conflict', 0],
    ['missingtitle', 'conflict', 0],
    ['pagedeleted', 'conflict', 0],
    ['badtoken', 'token', 0],
    ['maxlag', 'maxlag', 5000],
    ['readonly', 'busy', 2000],
    ['ratelimited', 'busy', 2000],
    ['internal_api_error_DBQueryError', 'busy', 2000],
    ['internal_api_error_', 'busy', 2000],
  ];
  test.each(temporary)('%s may pass: a %s, after %i ms', (code, kind, wait) => {
    expect(thrown(200, coded(code))).toEqual([kind, wait, refused(code)]);
    expect(thrown(503, coded(code))).toEqual([kind, wait, refused(code)]);
  });

  test.each([
    ['maxlag', '5', 5000],
    ['maxlag', '6', 6000],
    ['maxlag', '3600', 3_600_000],
    ['maxlag', '3601', 5000],
    ['maxlag', 'soon', 5000],
    ['readonly', '1', 2000],
    ['readonly', '3', 3000],
    ['readonly', '3601', 2000],
    ['badtoken', '7', 0],
    ['editconflict', '7', 0],
  ])('%s with Retry-After %s waits %i ms', (code, after, wait) => {
    expect(thrown(200, coded(code), { 'retry-after': after })).toEqual([
      expect.any(String),
      wait,
      refused(code),
    ]);
  });

  test.each([
    ['Nonce already used: 123', 'nonce'],
    ['the NONCE ALREADY USED', 'nonce'],
  ])('mwoauth-invalid-authorization of a nonce (%s) may pass', (info, kind) => {
    expect(thrown(200, coded('mwoauth-invalid-authorization', info))).toEqual([
      kind,
      0,
      refused('mwoauth-invalid-authorization', info),
    ]);
  });

  test.each([
    'mwoauth-invalid-authorization',
    'mwoauth-x',
    'assertuserfailed',
    'assertfailed',
    'readapidenied',
    'writeapidenied',
    'permissiondenied',
    'blocked',
    'autoblocked',
    'systemblocked',
    'globalblocked',
    'protectedpage',
    'protectednamespace',
    'cascadeprotected',
    'cantcreate',
    'cantcreate-anon',
    'noedit',
    'noedit-anon',
    'invalidtitle',
  ])('%s never passes', (code) => {
    expect(thrown(200, coded(code))).toEqual(['never', refused(code)]);
  });

  test.each([
    'abusefilter-disallowed',
    'mwoauth',
    'xblocked',
    'blockedx',
    'protected',
    'unprotectedpage',
    'readonlyx',
    'xreadonly',
    'ratelimitedx',
    'xinternal_api_error_',
    'internal_api_error',
    'editconflictx',
    'xinvalidtitle',
    'invalidtitlex',
    'asserted',
    'cannotcreate',
    'nonce already used',
  ])('%s fails this edit', (code) => {
    expect(thrown(200, coded(code, 'Nonce already used'))).toEqual([
      'failed',
      refused(code, 'Nonce already used'),
    ]);
  });

  test.each([
    ['its sentence', { error: { code: 'x', info: 'a sentence', text: 'another' } }, 'a sentence'],
    ['its text in the other format', { errors: [{ code: 'x', text: 'a text' }] }, 'a text'],
    ['nothing where it says nothing', { error: { code: 'x' } }, ''],
    [
      'the first of several',
      {
        errors: [
          { code: 'x', text: 'a' },
          { code: 'y', text: 'b' },
        ],
      },
      'a',
    ],
    ['the one before the list', { error: { code: 'x', info: 'a' }, errors: [{ code: 'y' }] }, 'a'],
  ])('is shown with %s', (_, body, info) => {
    expect(thrown(200, body)).toEqual(['failed', `${WHERE}: refused (found x, allowed no error): ${info}`]);
  });

  test('shows no secret, neither in its code nor in its sentence', () => {
    expect(thrown(200, coded('hush-hush-hush', 'hush-hush-hush is wrong'))).toEqual([
      'failed',
      refused('(secret)', '(secret) is wrong'),
    ]);
  });

  test('is none where the list is empty', () => {
    expect(thrown(200, { errors: [] })).toEqual({ errors: [] });
  });
});

describe('a status of a proxy', () => {
  const status = (found: number, says = 'slow down') =>
    `${WHERE}: refused (found ${found}, allowed 200): ${says}`;
  test.each([
    [401, ['never', status(401)]],
    [403, ['never', status(403)]],
    [400, ['failed', status(400)]],
    [404, ['failed', status(404)]],
    [302, ['failed', status(302)]],
    [204, ['failed', status(204)]],
    [499, ['failed', status(499)]],
    [429, ['busy', 2000, status(429)]],
    [500, ['answer', 2000, status(500)]],
    [503, ['answer', 2000, status(503)]],
  ])('%i decides', (found, expected) => {
    expect(thrown(found, 'slow down')).toEqual(expected);
    expect(thrown(found, '{"other": 1}')).toEqual([...expected.slice(0, -1), status(found, '{"other": 1}')]);
  });

  test.each([
    [429, '1', 2000],
    [429, '7', 7000],
    [503, '7', 7000],
    [503, '3601', 2000],
  ])('%i with Retry-After %s waits %i ms', (found, after, wait) => {
    expect(thrown(found, 'slow down', { 'retry-after': after })).toEqual([
      expect.any(String),
      wait,
      status(found),
    ]);
  });

  test('shows no secret', () => {
    expect(thrown(400, 'hush-hush-hush')).toEqual(['failed', status(400, '(secret)')]);
  });
});

test.each([
  [
    '<html><title>Down</title>',
    'the answer is not JSON (found 200, application/json, 25 characters): an HTML page: Down',
  ],
  ['[]', 'an answer of another shape: the answer: '],
  ['{"error": null}', 'an answer of another shape: error: '],
  ['{"error": "x"}', 'an answer of another shape: error: '],
])('a success of another shape fails: %s', (body, message) => {
  expect(thrown(200, body)).toEqual(['failed', expect.stringContaining(`${WHERE}: ${message}`)]);
});

describe('a request', () => {
  test('without an answer may be repeated after two seconds', async () => {
    const failing = answered(() => Promise.reject(new NoAnswerError('no answer')));
    await expect(failing).rejects.toEqual(new RetryableError('no answer', 'answer', 2000));
    await expect(failing).rejects.toMatchObject({ kind: 'answer', wait: 2000 });
  });

  test('that met another error fails with it', async () => {
    const error = new SourceError('too large');
    await expect(answered(() => Promise.reject(error))).rejects.toBe(error);
  });

  test('gives its answer back', async () => {
    const found = answer(200, {});
    expect(await answered(async () => found)).toBe(found);
  });
});
