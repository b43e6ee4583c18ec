import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = new URL('..', import.meta.url).pathname;
const MOST_LINES = 250;
const PURE = ['plan', 'safety', 'report', 'render', 'journal'].map((name) => `src/pipeline/${name}.ts`);

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

const roomOf = (path: string): string => /^src\/(targets\/[^/]+|[^/]+)\//.exec(path)?.[1] ?? 'top';
const told = (found: readonly Import[]) => found.map(({ from, line, to }) => `${from}:${line} imports ${to}`);
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
      ({ from, to }) => from === 'src/pipeline/render.ts' && to === 'src/pipeline/report.ts',
    );
    expect(known).toMatchObject({ line: 2, typesOnly: true });
    expect(ours.filter(({ to }) => !sources.some(({ path }) => path === to))).toEqual([]);
  });

  test('pure stages import values from pipeline alone, and types from elsewhere', () => {
    const pure = imports.filter(({ from, to }) => PURE.includes(from) && !to.startsWith('src/pipeline/'));
    expect(told(pure.filter(({ to, typesOnly }) => !typesOnly && to !== 'node:crypto'))).toEqual([]);
  });

  test('pipeline imports nothing but pipeline and runtime', () => {
    const outside = ours.filter(
      ({ from, to }) => roomOf(from) === 'pipeline' && !['pipeline', 'runtime'].includes(roomOf(to)),
    );
    expect(told(outside)).toEqual([]);
  });

  test('directories import nothing but directories, pipeline and runtime', () => {
    const allowed = ['directories', 'pipeline', 'runtime'];
    expect(
      told(ours.filter(({ from, to }) => roomOf(from) === 'directories' && !allowed.includes(roomOf(to)))),
    ).toEqual([]);
  });

  test('a target imports itself, directories, pipeline, runtime and job.ts, never another target', () => {
    const isAllowed = ({ from, to }: Import) =>
      [roomOf(from), 'directories', 'pipeline', 'runtime'].includes(roomOf(to)) || to === 'src/job.ts';
    const targets = ours.filter(({ from }) => from.startsWith('src/targets/'));
    expect(targets.length).toBeGreaterThan(20);
    expect(told(targets.filter((one) => !isAllowed(one)))).toEqual([]);
  });

  test('runtime imports nothing of ours outside runtime', () => {
    expect(
      told(ours.filter(({ from, to }) => roomOf(from) === 'runtime' && roomOf(to) !== 'runtime')),
    ).toEqual([]);
  });

  test('nobody imports what starts a process, and main imports only jobs and the handler', () => {
    expect(told(ours.filter(({ to }) => ['src/main.ts', 'src/cli.ts'].includes(to)))).toEqual([]);
    const main = ours.filter(({ from }) => from === 'src/main.ts');
    const isAllowed = ({ to }: Import) =>
      ['src/handler.ts', 'src/jobs.ts'].includes(to) || /^src\/targets\/[^/]+\/job\.ts$/.test(to);
    expect(told(main.filter((one) => !isAllowed(one)))).toEqual([]);
  });
});

describe('where the process is looked at', () => {
  const mayLook = (path: string) =>
    ['src/handler.ts', 'src/cli.ts'].includes(path) || roomOf(path) === 'runtime';

  test.each([
    ['the environment', /\bprocess\.env\b/],
    ['the wall clock', /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bhrtime\b/],
    ['timers', /\bset(?:Timeout|Interval)\b|\bAbortSignal\.timeout\b|['"](?:node:)?timers/],
  ])('%s: only in the handler, the command line and runtime', (_, pattern) => {
    expect(linesWith(pattern, mayLook)).toEqual([]);
  });
});

describe('files', () => {
  test(`have at most ${MOST_LINES} lines`, () => {
    const long = sources.filter(({ lines }) => lines.length - 1 > MOST_LINES);
    expect(long.map(({ path, lines }) => `${path}:${lines.length - 1}`)).toEqual([]);
  });

  test('have no default export', () => {
    expect(linesWith(/^export default\b|\bas default\b/, () => false)).toEqual([]);
  });

  test('name what they import with its ending', () => {
    expect(told(imports.filter(({ to }) => to.startsWith('src/') && !to.endsWith('.ts')))).toEqual([]);
  });

  test('swallow nothing: no empty catch', () => {
    expect(linesWith(/catch\s*(?:\([^)]*\))?\s*\{\s*\}/, () => false)).toEqual([]);
  });
});
