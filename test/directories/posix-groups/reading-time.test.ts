import { describe, expect, test } from 'vitest';
import { posixGroups } from '../../../src/directories/posix-groups/data-yaml.ts';
import { SourceError } from '../../../src/platform/errors.ts';
import { processorMs } from '../../processor-time.ts';

const query = { minUsers: 0, groups: ['deployment'], mayBeEmpty: ['deployment'] };
/** Whether the file is read; false where it is refused. */
function isRead(text: string): boolean {
  try {
    posixGroups(text, query);
    return true;
  } catch (error) {
    if (error instanceof SourceError) return false;
    throw error;
  }
}

describe('a file of 4 MiB takes no more than seconds', () => {
  const users = Array.from(
    { length: 20_000 },
    (_, n) =>
      `  u${n}:\n    ensure: present\n    gid: 500\n    realname: User ${n}\n    ssh_keys: [key ${'A'.repeat(120)}]\n    uid: ${n}\n`,
  );
  const whole = `groups:\n  deployment: {gid: 1, members: [u0]}\nldap_only_users: {}\nusers:\n${users.join('')}`;

  test.each([
    ['of 20,000 users', whole],
    ['of open brackets', '['.repeat(4e6)],
    ['of nested maps', '{a: '.repeat(1e6)],
    ['of 400,000 users', `users:\n${Array.from({ length: 400_000 }, (_, n) => `  u${n}: 1\n`).join('')}`],
    ['of dashes', '- '.repeat(2e6)],
    ['of empty lines', '\n'.repeat(4e6)],
    ['of one long line', `a: ${'b '.repeat(2e6)}`],
    ['of anchors', '&a '.repeat(1e6)],
  ])('%s', (_, text) => {
    const startedAt = processorMs();
    isRead(text);
    // A quadratic parser takes minutes.
    expect(processorMs() - startedAt).toBeLessThan(10_000);
  });
});

describe('4 MiB are read or refused within three seconds, whatever they hold', () => {
  const SIZE = 4 * 2 ** 20;
  const many = (piece: string, size = SIZE) => piece.repeat(Math.floor(size / piece.length));
  const end = 'ldap_only_users: {}\n';
  const each = (count: number, line: (n: number) => string) =>
    Array.from({ length: count }, (_, n) => line(n)).join('\n');
  const users = each(60_000, (n) => `  user${n}:\n    ensure: present\n    uid: ${n}\n    ssh_keys: [a]`);

  test.each([
    [
      'a usual file, fifteen times its size',
      `groups: {deployment: {}}\nusers:\n${users}\n${end}`.padEnd(SIZE, '\n'),
    ],
    ['many keys', `groups: {deployment: {}}\nusers:\n${each(250_000, (n) => `  user${n}: {}`)}\n${end}`],
    ['many members', `groups: {deployment: {members: [${many('a,', SIZE - 200)}]}}\nusers: {}\n${end}`],
    [
      'one list used two million times',
      `x: &x [a]\ngroups: {deployment: {members: [${many('*x,', SIZE - 200)}]}}\nusers: {}\n${end}`,
    ],
  ])('read: %s', (_, text) => {
    const start = processorMs();
    expect(isRead(text)).toBe(true);
    expect(processorMs() - start).toBeLessThan(3000);
  });

  const merged = `x: &b {${each(100_000, (n) => `k${n}: 1,`)}}\ngroups: {}\nusers:\n${each(50_000, (n) => ` u${n}: {<<: *b}`)}\n${end}`;
  const chain = (line: (n: number) => string, use: string) => `x:\n${each(100_000, line)}\n${use}\n${end}`;
  test.each([
    ...['[', '{a: ', '- ', '? ', '&a ', '*a', '!a ', '%a\n', '---\n', ': ', ',', '"', "'", '\\', '\t'].map(
      (piece): [string, string] => [`${JSON.stringify(piece)} again and again`, many(piece)],
    ),
    ...['[', '{a: ', '"', "'", '&a\n', '[ ', 'a: |\n'].map((piece): [string, string] => [
      `${JSON.stringify(piece)} and what is inside it again and again`,
      piece + many(' ') + many('a,\n', 2 ** 20),
    ]),
    ['nothing but ends of lines', many('\n')],
    ['nothing but spaces', many(' ')],
    ['quoted spaces', `"${many(' ')}"`],
    ['empty lines in a text', `a: b${many('\n')}`],
    ['comments', many('#\n')],
    ['one key again and again', many('a: 1\n')],
    ['stairs', each(2800, (n) => `${' '.repeat(n)}a:`)],
    [
      'lists in lists by alias',
      chain(
        (n) => ` - &a${n} [${n ? `*a${n - 1}` : ''}]`,
        'groups: {deployment: {members: *a99999}}\nusers: {}',
      ),
    ],
    [
      'merge keys of merge keys',
      chain((n) => ` - &a${n} {${n ? `<<: *a${n - 1}` : ''}}`, 'groups: {}\nusers: {u: *a99999}'),
    ],
    ['merge keys that copy a large mapping', merged],
  ])('refused: %s', (_, text) => {
    const start = processorMs();
    expect(isRead(text)).toBe(false);
    expect(processorMs() - start).toBeLessThan(3000);
  });
});
