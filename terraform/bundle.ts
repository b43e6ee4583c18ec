import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { rolldown } from 'rolldown';
import {
  leaveOutUnused,
  loadYamlLate,
  makeListFormatsLate,
  readDefaultPolicy,
  YAML,
} from './bundle-plugins.ts';

/** What the bundle is loaded by: the functions, and the command. */
const ENTRIES = { main: 'src/main.ts', cli: 'src/cli.ts', [YAML]: YAML };

/** The framework loads the functions and registers them: both have to use the same copy of it. */
const EXTERNAL = /^@google-cloud\/functions-framework/;

/**
 * The code of the project at `root` with the libraries that it uses, by file name: one file for the functions and one for the
 * command, files that they load when they need them, source maps, and the licences of all that is in it.
 */
export async function bundle(root: string): Promise<ReadonlyMap<string, string | Uint8Array>> {
  const build = await rolldown({
    cwd: root,
    input: ENTRIES,
    platform: 'node',
    external: [EXTERNAL],
    plugins: [readDefaultPolicy(root), leaveOutUnused, makeListFormatsLate, loadYamlLate],
  });
  try {
    const { output } = await build.generate({
      format: 'cjs',
      sourcemap: true,
      minify: true,
      entryFileNames: '[name].js',
      chunkFileNames: 'chunk-[name]-[hash].js',
    });
    const modules = output.flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
    return new Map<string, string | Uint8Array>([
      ...output.map((file) => [file.fileName, file.type === 'chunk' ? file.code : file.source] as const),
      ['LICENSES.txt', licencesOf(modules, root)],
    ]);
  } finally {
    await build.close();
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
