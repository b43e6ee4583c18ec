import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = new URL('..', import.meta.url).pathname;
const MOST_LINES = 250;
const MOST_LINES_OF_HALF = 80;

/** The rooms of src, and which of them each room may import besides itself. */
const BELOW: Readonly<Record<string, readonly string[]>> = {
  platform: [],
  engine: ['platform'],
  policy: ['engine', 'platform'],
  'directories/same-name': ['platform'],
  'directories/ldap': ['directories/same-name', 'engine', 'platform'],
  'directories/posix-groups': ['directories/same-name', 'engine', 'platform'],
  'directories/phabricator': ['directories/same-name', 'engine', 'platform'],
  'directories/gerrit': ['directories/same-name', 'engine', 'platform'],
  'targets/growthbook': ['engine', 'platform'],
  'targets/gitlab': ['engine', 'platform'],
  'audit/mediawiki': ['engine', 'platform'],
  jobs: ['policy', 'directories', 'targets', 'audit', 'engine', 'platform'],
  reports: ['engine', 'platform'],
  app: ['jobs', 'reports', 'engine', 'platform'],
  commands: ['app', 'jobs', 'policy', 'reports', 'engine', 'platform'],
  http: ['app', 'jobs', 'reports', 'engine', 'platform'],
  main: ['http', 'jobs'],
  cli: ['commands', 'app', 'jobs', 'reports', 'engine', 'platform'],
};

interface Source {
  readonly path: string;
  readonly lines: readonly string[];
}
interface Import {
  readonly from: string;
  readonly line: number;
  /** The imported file from the repository's root, or the package's name. */
  readonly to: string;
  readonly typesOnly: boolean;
}

const sources: readonly Source[] = globSync('src/**/*.ts', { cwd: ROOT })
  .toSorted()
  .map((path) => ({ path, lines: readFileSync(join(ROOT, path), 'utf8').split('\n') }));

const STATEMENT =
  /^(?:import|export)\s+(?:(type)\s)?(?:([\w*{][^;'"]*?)\s+from\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm;

/** Every static and dynamic import and re-export; one of types alone needs nothing at run time. */
function importsOf({ path, lines }: Source): readonly Import[] {
  const text = lines.join('\n');
  return [...text.matchAll(STATEMENT)].map(({ index, 1: type, 2: names = '', 3: stated, 4: dynamic }) => {
    const specifier = stated ?? dynamic ?? '';
    const inBraces = /^\{([^}]*)\}$/
      .exec(names.trim())?.[1]
      ?.split(',')
      .map((name) => name.trim()) ?? [''];
    return {
      from: path,
      line: text.slice(0, index).split('\n').length,
      to: specifier.startsWith('.') ? join(dirname(path), specifier) : specifier,
      typesOnly:
        type === 'type' ||
        (inBraces.filter((name) => name !== '').every((name) => name.startsWith('type ')) &&
          inBraces[0] !== ''),
    };
  });
}
const imports = sources.flatMap(importsOf);
const ours = imports.filter(({ to }) => to.startsWith('src/'));

/** `src/targets/gitlab/client.ts` is in `targets/gitlab`, `src/cli.ts` in `cli`. */
const roomOf = (path: string): string =>
  /^src\/((?:targets|directories|audit)\/[^/.]+|[^/.]+)/.exec(path)?.[1] ?? path;
const isInside = (room: string, allowed: string) => room === allowed || room.startsWith(`${allowed}/`);
const shown = (found: readonly Import[]) =>
  found.map(({ from, line, to }) => `${from}:${line} imports ${to}`);
const linesWith = (pattern: RegExp, isAllowed: (path: string) => boolean) =>
  sources
    .filter(({ path }) => !isAllowed(path))
    .flatMap(({ path, lines }) =>
      lines.flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [])),
    );

describe('who may import whom', () => {
  test('the imports are found at all', () => {
    expect(sources.length).toBeGreaterThan(30);
    expect(imports.length).toBeGreaterThan(100);
    const known = imports.find(
      ({ from, to }) => from === 'src/reports/text.ts' && to === 'src/reports/report.ts',
    );
    expect(known).toMatchObject({ typesOnly: true });
    expect(ours.filter(({ to }) => !sources.some(({ path }) => path === to))).toEqual([]);
  });

  test('every room is known', () => {
    expect([...new Set(sources.map(({ path }) => roomOf(path)))].filter((room) => !(room in BELOW))).toEqual(
      [],
    );
  });

  test.each(Object.entries(BELOW))('%s imports itself and what is below it', (room, below) => {
    const found = ours.filter(
      ({ from, to }) =>
        roomOf(from) === room && ![room, ...below].some((allowed) => isInside(roomOf(to), allowed)),
    );
    expect(shown(found)).toEqual([]);
  });

  test('one job never imports another, and only the registry imports jobs', () => {
    const jobOf = (path: string) => /^src\/jobs\/([^/]+)\//.exec(path)?.[1];
    const found = ours.filter(({ from, to }) => {
      const job = jobOf(to);
      return job !== undefined && job !== jobOf(from) && from !== 'src/jobs/registry.ts';
    });
    expect(shown(found)).toEqual([]);
  });

  test('there are no circles', () => {
    const importsFrom = Map.groupBy(ours, ({ from }) => from);
    const circleFrom = (path: string, trail: readonly string[]): readonly string[] | undefined => {
      if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
      for (const { to } of importsFrom.get(path) ?? []) {
        const circle = free.has(to) ? undefined : circleFrom(to, [...trail, path]);
        if (circle) return circle;
      }
      free.add(path);
      return undefined;
    };
    const free = new Set<string>();
    expect(sources.map(({ path }) => circleFrom(path, [])).find((circle) => circle !== undefined)).toBe(
      undefined,
    );
  });

  test('nobody imports what starts a process', () => {
    expect(shown(ours.filter(({ to }) => ['src/main.ts', 'src/cli.ts'].includes(to)))).toEqual([]);
  });
});

describe('words', () => {
  /** Words of our own where the field has a standard term. */
  const OWN_WORDS =
    /^(?:untold|told|tell|story|ending|surroundings|around|launch|perform|enforce|takeTurn|turn|permit|pace|judge|verdict|standing|settle|settled|trouble|troubles|journal|figures|essence|roleOn|between|held|due|said)$/i;
  /** The same as a part of a name, such as `toldAll`. */
  const OWN_PARTS =
    /(?:^|[a-z_])(?:Told|Untold|Story|Stories|Ending|Surroundings|Judge|Verdict|Settle|Settled|Trouble|Journal|Figures|Essence|Ruling)(?![a-z])/;
  const EXPORTED = /^export (?:async )?(?:const|function|class|interface|type) (\w+)/gm;

  test('no file and no export has a name of our own where there is a standard term', () => {
    const names = sources.flatMap(({ path, lines }) => [
      ...[...lines.join('\n').matchAll(EXPORTED)].map(([, name = '']) => ({ path, name })),
      ...path
        .replace(/\.ts$/, '')
        .split(/[/-]/)
        .map((name) => ({ path, name })),
    ]);
    expect(names.length).toBeGreaterThan(200);
    expect(
      names.filter(
        ({ name }) =>
          OWN_WORDS.test(name) || OWN_PARTS.test(name.replace(/^[a-z]/, (first) => first.toUpperCase())),
      ),
    ).toEqual([]);
  });

  test('no log event has one', () => {
    const events = sources.flatMap(({ path, lines }) =>
      [...lines.join('\n').matchAll(/event: '([\w.-]+)'/g)].map(([, name = '']) => ({ path, name })),
    );
    expect(events.length).toBeGreaterThan(5);
    expect(events.filter(({ name }) => name.split('.').some((word) => OWN_WORDS.test(word)))).toEqual([]);
  });
});

describe('where the process is looked at', () => {
  const mayLook = (path: string) => ['http', 'cli', 'commands', 'platform'].includes(roomOf(path));

  test.each([
    ['the environment', /\bprocess\.env\b/],
    ['the wall clock', /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bhrtime\b/],
    ['timers', /\bset(?:Timeout|Interval)\b|\bAbortSignal\.timeout\b|['"](?:node:)?timers/],
  ])('%s: only in http, the command line and platform', (_, pattern) => {
    expect(linesWith(pattern, mayLook)).toEqual([]);
  });
});

describe('files', () => {
  test(`have at most ${MOST_LINES} lines`, () => {
    const long = sources.filter(({ lines }) => lines.length - 1 > MOST_LINES);
    expect(long.map(({ path, lines }) => `${path}:${lines.length - 1}`)).toEqual([]);
  });

  test(`half of them have fewer than ${MOST_LINES_OF_HALF} lines`, () => {
    const sizes = sources.map(({ lines }) => lines.length - 1).toSorted((a, b) => a - b);
    expect(sizes[Math.floor(sizes.length / 2)]).toBeLessThan(MOST_LINES_OF_HALF);
  });

  test('have no default export', () => {
    expect(linesWith(/^export default\b|\bas default\b/, () => false)).toEqual([]);
  });

  test('name what they import with its ending', () => {
    expect(shown(imports.filter(({ to }) => to.startsWith('src/') && !to.endsWith('.ts')))).toEqual([]);
  });

  test('swallow nothing: no empty catch', () => {
    expect(linesWith(/catch\s*(?:\([^)]*\))?\s*\{\s*\}/, () => false)).toEqual([]);
  });
});
