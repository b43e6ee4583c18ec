import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { authorization, baseString, percentEncode, signature } from '../../../src/audit/mediawiki/oauth.ts';
import { startVerifier } from '../../sandbox/gitlab/oauth.ts';

/** The client and token of RFC 5849, section 1.2. */
const PRINTER = {
  consumerToken: 'dpf43f3p2l4k3l03',
  consumerSecret: 'kd94hf93k423kf44',
  accessToken: 'nnch734d00sl2jdk',
  accessSecret: 'pfkkdhi9sl3r4s00',
};

describe('signing', () => {
  test('gives the base string of RFC 5849, section 3.4.1.1, from query, form and header', () => {
    const request = {
      method: 'post',
      url: 'http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b',
      form: [
        ['c2', ''],
        ['a3', '2 q'],
      ],
    } as const;
    const header = [
      ['oauth_consumer_key', '9djdj82h48djs9d2'],
      ['oauth_token', 'kkk9d7dh3k39sjv7'],
      ['oauth_signature_method', 'HMAC-SHA1'],
      ['oauth_timestamp', '137131201'],
      ['oauth_nonce', '7d8f3e4a'],
    ] as const;
    expect(baseString(request, header)).toBe(
      'POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D' +
        '%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1' +
        '%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7',
    );
  });

  test('gives the signature of the last request of RFC 5849, section 1.2', () => {
    const request = {
      method: 'GET',
      url: 'http://photos.example.net/photos?file=vacation.jpg&size=original',
    };
    const base = baseString(request, [
      ['oauth_consumer_key', PRINTER.consumerToken],
      ['oauth_token', PRINTER.accessToken],
      ['oauth_signature_method', 'HMAC-SHA1'],
      ['oauth_timestamp', '137131202'],
      ['oauth_nonce', 'chapoH'],
    ]);
    expect(signature(base, PRINTER)).toBe('MdpQcU8iPSUjWoN/UDMsK2sui9I=');
  });

  test.each([
    ['AZaz09-._~', 'AZaz09-._~'],
    [" !'()*", '%20%21%27%28%29%2A'],
    ['+/=&%', '%2B%2F%3D%26%25'],
    ['é☃𝄞', '%C3%A9%E2%98%83%F0%9D%84%9E'],
  ])('encodes %s as %s', (text, encoded) => {
    expect(percentEncode(text)).toBe(encoded);
  });

  test('satisfies a verifier whatever the query and the form hold', () => {
    const credentials = {
      consumerKey: PRINTER.consumerToken,
      consumerSecret: PRINTER.consumerSecret,
      token: PRINTER.accessToken,
      tokenSecret: PRINTER.accessSecret,
    };
    const fields = fc.array(
      fc.tuple(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'grapheme' })),
      {
        maxLength: 5,
      },
    );
    fc.assert(
      fc.property(fields, fields, (query, form) => {
        const url = `https://wiki.example:8443/w/api.php?${new URLSearchParams(query)}`;
        const sent = new URLSearchParams(form).toString();
        const header = authorization({ method: 'POST', url, form }, PRINTER, { nonce: 'n', seconds: 1000 });
        const fault = startVerifier(
          credentials,
          () => 1_000_000,
        )({
          method: 'POST',
          url,
          form: sent,
          authorization: header,
        });
        expect(fault).toBeUndefined();
      }),
    );
  });

  test('makes a header of these names, in this order', () => {
    const stamp = { nonce: 'a b', seconds: 1000 };
    const header = authorization({ method: 'GET', url: 'https://wiki.example/' }, PRINTER, stamp);
    expect(header.replace(/oauth_signature="[^"]+"/, 'oauth_signature="…"')).toBe(
      'OAuth oauth_consumer_key="dpf43f3p2l4k3l03", oauth_token="nnch734d00sl2jdk", oauth_signature_method="HMAC-SHA1", ' +
        'oauth_timestamp="1000", oauth_nonce="a%20b", oauth_version="1.0", oauth_signature="…"',
    );
  });

  test('tells no secret in the header', () => {
    const header = authorization({ method: 'GET', url: 'https://wiki.example/' }, PRINTER, {
      nonce: 'n',
      seconds: 1,
    });
    expect(header).not.toContain(PRINTER.consumerSecret);
    expect(header).not.toContain(PRINTER.accessSecret);
  });
});
