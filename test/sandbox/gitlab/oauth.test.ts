import { describe, expect, test } from 'vitest';
import {
  baseString,
  hmacSha1,
  type OAuthRequest,
  parseAuthorization,
  percentEncode,
  startVerifier,
} from './oauth.ts';

/** RFC 5849, section 1.2: the printer asks for the photo. */
const PHOTO: OAuthRequest = {
  method: 'GET',
  url: 'http://photos.example.net/photos?file=vacation.jpg&size=original',
  form: undefined,
  authorization: [
    'OAuth realm="Photos"',
    'oauth_consumer_key="dpf43f3p2l4k3l03"',
    'oauth_token="nnch734d00sl2jdk"',
    'oauth_signature_method="HMAC-SHA1"',
    'oauth_timestamp="137131202"',
    'oauth_nonce="chapoH"',
    'oauth_signature="MdpQcU8iPSUjWoN%2FUDMsK2sui9I%3D"',
  ].join(',\n     '),
};

const PHOTO_CREDENTIALS = {
  consumerKey: 'dpf43f3p2l4k3l03',
  consumerSecret: 'kd94hf93k423kf44',
  token: 'nnch734d00sl2jdk',
  tokenSecret: 'pfkkdhi9sl3r4s00',
};

const PHOTO_TIME = 137_131_202_000;

const verify = (request: OAuthRequest, time = PHOTO_TIME) =>
  startVerifier(PHOTO_CREDENTIALS, () => time)(request);

const withHeader = (find: string, replace: string): OAuthRequest => ({
  ...PHOTO,
  authorization: PHOTO.authorization.replace(find, replace),
});

describe('the base string', () => {
  test('is the one of section 3.4.1.1, from a request with query, form and header', () => {
    const request: OAuthRequest = {
      method: 'post',
      url: 'http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b',
      form: 'c2&a3=2+q',
      authorization:
        'OAuth realm="Example", oauth_consumer_key="9djdj82h48djs9d2", oauth_token="kkk9d7dh3k39sjv7", ' +
        'oauth_signature_method="HMAC-SHA1", oauth_timestamp="137131201", oauth_nonce="7d8f3e4a", ' +
        'oauth_signature="bYT5CMsGcbgUdFHObYMEfcx6bsw%3D"',
    };
    expect(baseString(request)).toBe(
      'POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D' +
        '%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1' +
        '%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7',
    );
  });

  test('keeps a port that is not the default', () => {
    const url = 'https://wiki.example:8443/w/api.php';
    expect(baseString({ ...PHOTO, url })).toMatch(
      /^GET&https%3A%2F%2Fwiki\.example%3A8443%2Fw%2Fapi\.php&oauth_/,
    );
  });

  test('sorts a name that is the beginning of another before it', () => {
    const url = 'http://wiki.example/?a%21=1&a=2';
    expect(baseString({ ...PHOTO, url })).toContain('&a%3D2%26a%2521%3D1%26oauth_');
  });
});

describe('percent-encoding', () => {
  test.each([
    ['AZaz09-._~', 'AZaz09-._~'],
    [" !'()*", '%20%21%27%28%29%2A'],
    ['+/=&', '%2B%2F%3D%26'],
    ['é☃', '%C3%A9%E2%98%83'],
  ])('of %j is %j', (text, encoded) => {
    expect(percentEncode(text)).toBe(encoded);
  });
});

test('a signed request of section 1.2 has the signature that is printed there', () => {
  expect(hmacSha1(baseString(PHOTO), 'kd94hf93k423kf44', 'pfkkdhi9sl3r4s00')).toBe(
    'MdpQcU8iPSUjWoN/UDMsK2sui9I=',
  );
});

test('a signed request is accepted, once', () => {
  const verifier = startVerifier(PHOTO_CREDENTIALS, () => PHOTO_TIME);
  expect(verifier(PHOTO)).toBeUndefined();
  expect(verifier(PHOTO)).toBe('Nonce already used: chapoH');
});

test.each<[string, OAuthRequest, string]>([
  ['another query', { ...PHOTO, url: PHOTO.url.replace('original', 'large') }, 'Invalid signature'],
  ['another method', { ...PHOTO, method: 'POST' }, 'Invalid signature'],
  ['another body', { ...PHOTO, form: 'text=more' }, 'Invalid signature'],
  ['another path', { ...PHOTO, url: PHOTO.url.replace('/photos', '/photo') }, 'Invalid signature'],
  [
    'no signature',
    withHeader(',\n     oauth_signature="MdpQcU8iPSUjWoN%2FUDMsK2sui9I%3D"', ''),
    'Invalid signature',
  ],
  ['another consumer', withHeader('dpf43f3p2l4k3l03', 'someone'), 'Invalid consumer'],
  ['no consumer', withHeader('oauth_consumer_key', 'oauth_other'), 'Invalid consumer key'],
  ['another token', withHeader('nnch734d00sl2jdk', 'other'), 'Invalid access token: other'],
  [
    'plain text',
    withHeader('HMAC-SHA1', 'PLAINTEXT'),
    "Signature method 'PLAINTEXT' not supported try one of the following: HMAC-SHA1",
  ],
  ['no nonce', withHeader('chapoH', ''), 'Missing nonce parameter. The parameter is required'],
  ['no timestamp', withHeader('137131202', ''), 'Missing timestamp parameter. The parameter is required'],
  [
    'another version',
    withHeader('realm="Photos"', 'oauth_version="2.0"'),
    "OAuth version '2.0' not supported",
  ],
  ['a repeated parameter', withHeader('realm="Photos"', 'oauth_nonce="a"'), 'A parameter is repeated'],
  ['another scheme', { ...PHOTO, authorization: 'Bearer abc' }, 'oauth: no OAuth authorization header'],
  [
    'an unquoted value',
    withHeader('"chapoH"', 'chapoH'),
    'oauth: a malformed parameter in the authorization header',
  ],
])('a signed request with %s is refused', (_name, request, fault) => {
  expect(verify(request)).toBe(fault);
});

test.each([
  [-300, undefined],
  [300, undefined],
  [-301, 'Expired timestamp, yours 137131202, ours 137130901'],
  [301, 'Expired timestamp, yours 137131202, ours 137131503'],
])('a signed request may be five minutes off: read %i s later', (seconds, fault) => {
  expect(verify(PHOTO, PHOTO_TIME + seconds * 1000)).toBe(fault);
});

test('a signed request uses up its nonce even when its signature is wrong', () => {
  const verifier = startVerifier(PHOTO_CREDENTIALS, () => PHOTO_TIME);
  expect(verifier({ ...PHOTO, method: 'POST' })).toBe('Invalid signature');
  expect(verifier(PHOTO)).toBe('Nonce already used: chapoH');
});

test('a header is read without its realm, and decoded', () => {
  expect(parseAuthorization('OAuth realm="a", oauth_token="b%20c"')).toEqual([['oauth_token', 'b c']]);
});
