import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Argument, Command, Option } from 'commander';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createProgram, runCommandLine } from '../../src/commands/program.ts';
import { startServer } from '../sandbox/server.ts';

/** A server that counts what reaches it: nothing may. */
const server = await startServer(() => ({ status: 500, body: '' }));
afterAll(() => server.close());

const SECRET = 'secret_admin_0123456789abcdef';
let printed = '';
beforeAll(() => {
  const url = server.origin;
  for (const [name, value] of Object.entries({
    LDAP_SERVERS: url.replace('http://', ''),
    DATA_YAML_URL: `${url}/data.yaml`,
    GROWTHBOOK_API_URL: url,
    GROWTHBOOK_LDAP_SYNC_API_KEY: SECRET,
    GROWTHBOOK_PROJECT: 'prj_a',
    GITLAB_URL: url,
    GITLAB_ACCESS_TOKEN: SECRET,
    LOG_LEVEL: 'error',
  }))
    vi.stubEnv(name, value);
});
beforeEach(() => {
  printed = '';
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((chunk) => {
      printed += chunk;
      return true;
    });
});

/** Every command that does something, with the words that lead to it. */
function commandsOf(
  command: Command,
  path: readonly string[] = [],
): readonly { path: readonly string[]; command: Command }[] {
  const below = command.commands.flatMap((child) => commandsOf(child, [...path, child.name()]));
  return command.commands.length > 0 ? below : [{ path, command }];
}

const folder = mkdtempSync(join(tmpdir(), 'muster-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'a.json');
writeFileSync(file, '{}');

/** A value that an argument or option may have. */
const GOOD: Readonly<Record<string, string>> = {
  who: 'cleo',
  run: 'latest',
  shell: 'bash',
  kind: 'roles',
  file,
  cases: file,
  '--only': 'cleo',
  '--reason': 'a team moved',
  '--approve': `sha256:${'a'.repeat(64)}`,
  '--since': '7d',
  '--add': 'cleo:growthbook-admin',
  '--remove': 'cleo:growthbook-admin',
  '--output': 'json',
};
const UNSEEN = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\u001b[31mred',
  'a\u200bb',
  '\u202ea',
  'a\ud800',
  'x'.repeat(20_000),
];
const NO_PATH = ['', ' ', 'a\u0000b', '/no/such/folder/file.json', '/proc/self/mem'];

/** What each kind of value may not be. */
function badValues(name: string): readonly string[] {
  if (['who', 'run', '--only', '--reason'].includes(name)) return UNSEEN;
  if (name === '--approve')
    return [...UNSEEN, 'sha256:', `SHA256:${'a'.repeat(64)}`, `sha256:${'а'.repeat(64)}`, '__proto__'];
  if (name === '--since')
    return [...UNSEEN, '7', '-7d', '1e3d', '٧d', '2026-13-01', '2026-02-30', 'constructor'];
  if (['--add', '--remove'].includes(name)) return [...UNSEEN, 'a', 'a:', ':b', 'a:b:c:d', 'a:b\u0000'];
  if (['--output', 'shell', 'kind'].includes(name))
    return [...UNSEEN, 'JSON', 'јson', '__proto__', 'constructor'];
  if (['--out', 'record', '--env-file'].includes(name)) return ['', ' ', 'a\u0000b'];
  return NO_PATH;
}

const words = (command: Command): readonly string[] =>
  command.registeredArguments.filter(({ required }) => required).map((one) => GOOD[one.name()] ?? file);

/** Each wrong command line of one command. */
function wrongLines({
  path,
  command,
}: {
  readonly path: readonly string[];
  readonly command: Command;
}): readonly (readonly string[])[] {
  const own = words(command);
  const isRecord = path.at(-1) === 'record';
  const whatIf = path.at(-1) === 'what-if' ? ['--add', 'cleo:g'] : [];
  const positional = command.registeredArguments.flatMap((argument: Argument, index) =>
    badValues(isRecord ? 'record' : argument.name()).map((value) => [
      ...path,
      ...own.toSpliced(index, 1, value),
      ...whatIf,
    ]),
  );
  const options = command.options.filter(({ required, long }: Option) => required && long !== '--format');
  const valued = options.flatMap(({ long }) => {
    const name = long ?? '';
    const more =
      name === '--reason'
        ? ['--approve', GOOD['--approve'] ?? '']
        : name === '--approve'
          ? ['--reason', 'x']
          : [];
    const good = GOOD[name] ?? file;
    return [
      ...badValues(name).map((value) => [...path, ...own, name, value, ...more]),
      [...path, ...own, ...whatIf, name],
      ...(['--add', '--remove'].includes(name)
        ? []
        : [[...path, ...own, ...whatIf, name, good, name, good, ...more]]),
    ];
  });
  const unknown = [
    '--unknown',
    '--__proto__',
    '--constructor',
    '--toString',
    '-z',
    '--оutput',
    '--dryrun',
    '--yes=1',
  ].map((option) => [...path, ...own, ...whatIf, option]);
  return [
    ...positional,
    ...valued,
    ...unknown,
    [...path, ...own, 'one', 'too', 'many'],
    ...(own.length > 0 ? [[...path, ...own.slice(1), ...whatIf]] : []),
  ];
}

const lines = commandsOf(createProgram(() => undefined)).map(
  (one) => [one.path.join(' '), wrongLines(one)] as const,
);

test.each(lines)(
  'each wrong argument of %s ends with 4, says what is wrong, and asks nobody',
  async (_, wrong) => {
    const unclear: string[] = [];
    for (const line of wrong) {
      printed = '';
      const before = server.requests.length;
      const code = await runCommandLine(line).catch((error: unknown) => `threw ${error}`);
      const name = JSON.stringify(line.map((word) => word.slice(0, 60)));
      const isClear =
        /found|allowed|unknown|missing|too many|expected|belong together|cannot be read|kept|no such/i.test(
          printed,
        );
      if (code !== 4) unclear.push(`${name}: ended with ${code}: ${printed.slice(0, 200)}`);
      else if (!isClear || printed.length > 5000) unclear.push(`${name}: ${printed.slice(0, 300)}`);
      if (/[\p{Cc}\p{Cf}\p{Cs}]/u.test(printed.replaceAll('\n', '')))
        unclear.push(`${name}: prints a control character`);
      if (printed.includes(SECRET)) unclear.push(`${name}: prints a secret`);
      if (server.requests.length !== before) unclear.push(`${name}: asked a server`);
    }
    expect(unclear.slice(0, 12)).toEqual([]);
    expect(wrong.length).toBeGreaterThan(8);
  },
  120_000,
);
