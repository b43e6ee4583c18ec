import { describe, expect, test } from 'vitest';
import { readRequest } from '../../src/http/request.ts';

const read = (method: string, url: string) =>
  readRequest({ method, url, body: new Uint8Array(), job: 'growthbook-roles', now: 0 });

describe('GET with add and remove asks what if', () => {
  test('each as often as there are memberships, additions first', () => {
    const { whatIf, dryRun } = read('GET', '/?remove=cid:g&add=ada:g&add=bob:posix:h%20i');
    expect(dryRun).toBe(true);
    expect(whatIf?.changes).toEqual([
      { kind: 'add', uid: 'ada', source: 'ldap', group: 'g' },
      { kind: 'add', uid: 'bob', source: 'posix', group: 'h i' },
      { kind: 'remove', uid: 'cid', source: 'ldap', group: 'g' },
    ]);
  });

  test.each(['/?add=', '/?add', '/?add=ada', '/?add=ada:', '/?remove=:g', '/?Add=ada:g', '/?add=%20'])(
    'but not %s',
    (url) => expect(() => read('GET', url)).toThrow(/request: unknown query|no membership/),
  );

  test.each([
    '/?add=ada:g&only=ada',
    '/?add=ada:g&explain=ada',
    '/?remove=ada:g&check',
    '/?add=ada:g&history',
  ])('nor beside another question: %s', (url) =>
    expect(() => read('GET', url)).toThrow('request: found two of'),
  );

  test('nor with POST, which writes', () =>
    expect(() => read('POST', '/?add=ada:g')).toThrow('with POST (allowed: GET)'));
});
