import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { type InputOptions, rolldown } from 'rolldown';
import {
  leaveOutUnused,
  loadYamlLate,
  makeListFormatsLate,
  makeMediaTypesLate,
  readDefaultPolicy,
  YAML,
} from './bundle-plugins.ts';

/** What the bundle is loaded by: the functions, and the command. */
const ENTRIES = { main: 'src/main.ts', cli: 'src/cli.ts', [YAML]: YAML };

export const FRAMEWORK = '@google-cloud/functions-framework';

/** The framework is a package of its own: the platform starts its command, and the functions register themselves with it. */
export const FRAMEWORK_FOLDER = 'functions-framework';
const FRAMEWORK_ENTRIES = {
  index: `node_modules/${FRAMEWORK}/build/src/index.js`,
  server: `node_modules/${FRAMEWORK}/build/src/main.js`,
};

type Files = ReadonlyMap<string, string | Uint8Array>;

/**
 * The code of the project at `root` with the libraries that it uses, by file name: one file for the functions and one for the
 * command, files that they load when they need them, the functions framework, source maps, and the licences of all of it.
 */
export async function bundle(root: string): Promise<Files> {
  const [app, framework] = await Promise.all([
    build(root, {
      input: ENTRIES,
      // The framework loads the functions and registers them: both have to use the same copy of it.
      external: [FRAMEWORK],
      plugins: [readDefaultPolicy(root), leaveOutUnused, makeListFormatsLate, loadYamlLate],
    }),
    build(root, { input: FRAMEWORK_ENTRIES, plugins: [makeMediaTypesLate] }),
  ]);
  return new Map<string, string | Uint8Array>([
    ...app.files,
    ...[...framework.files].map(([name, content]) => [`${FRAMEWORK_FOLDER}/${name}`, content] as const),
    ['LICENSES.txt', licencesOf([...app.modules, ...framework.modules], root)],
  ]);
}

/** The files that rolldown makes, and the modules that are in them. */
async function build(
  root: string,
  options: InputOptions,
): Promise<{ readonly files: Files; readonly modules: readonly string[] }> {
  const bundler = await rolldown({ cwd: root, platform: 'node', ...options });
  try {
    const { output } = await bundler.generate({
      format: 'cjs',
      sourcemap: true,
      minify: true,
      // The framework looks for package.json only of a function whose name does not say what it is.
      entryFileNames: ({ name }) => (name === 'main' ? 'main.cjs' : '[name].js'),
      chunkFileNames: 'chunk-[name]-[hash].js',
    });
    return {
      files: new Map(
        output.map((file) => [file.fileName, file.type === 'chunk' ? file.code : file.source] as const),
      ),
      modules: output.flatMap((file) => (file.type === 'chunk' ? file.moduleIds : [])),
    };
  } finally {
    await bundler.close();
  }
}

const PACKAGE = /^(.*[/\\]node_modules[/\\](?:@[^/\\]+[/\\])?[^/\\]+)[/\\]/;

/** The licences of the packages that modules are of, one after the other. */
function licencesOf(modules: readonly string[], root: string): string {
  const folders = new Set(modules.flatMap((id) => PACKAGE.exec(id)?.[1] ?? []));
  return [...folders]
    .map((folder) => {
      const name = relative(root, folder).split(`node_modules${sep}`).at(-1) ?? folder;
      const files = readdirSync(folder).filter((file) => /^(?:licen[cs]e|notice|copying)/i.test(file));
      const texts = files.toSorted().map((file) => readFileSync(join(folder, file), 'utf8').trim());
      return `${name}\n\n${texts.join('\n\n') || 'see its package.json'}\n`;
    })
    .toSorted()
    .join('\n----\n\n');
}
