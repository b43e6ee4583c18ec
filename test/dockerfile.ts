import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

/** One instruction of a Dockerfile, with lines that a backslash continues made one. */
export interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** What the last stage of a Dockerfile starts, and in which folder. */
export interface Image {
  /** The root of the image's own files. */
  readonly root: string;
  readonly workdir: string;
  readonly user: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
}

/** The instructions of a Dockerfile in their order, without comments. */
export function parseDockerfile(text: string): readonly Instruction[] {
  return text
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [name = '', ...rest] = line.trim().split(/\s+/);
      return { name: name.toUpperCase(), text: rest.join(' ') };
    });
}

/** Copies the part of the project that .dockerignore leaves in: everything is out but what a line with `!` names. */
export function copyContext(project: string, to: string): void {
  const lines = readFileSync(join(project, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const [all, ...rules] = lines;
  if (all !== '*') throw new Error('.dockerignore: the first rule leaves everything out');
  for (const rule of rules.filter((line) => line.startsWith('!')))
    cpSync(join(project, rule.slice(1)), join(to, rule.slice(1)), {
      recursive: true,
      filter: (path) => !(rules.includes('src/**/*.md') && path.endsWith('.md')),
    });
}

/** Builds an image without a daemon: each stage is a folder under `work`, and each step does there what it says. Base images are not fetched. */
export function buildImage(
  text: string,
  { context, work }: { readonly context: string; readonly work: string },
): Image {
  const stages = new Map<string, string>();
  let image: Image | undefined;
  for (const instruction of parseDockerfile(text)) {
    if (instruction.name === 'ARG') continue;
    if (instruction.name === 'FROM') {
      const root = join(work, `stage-${stages.size}`);
      mkdirSync(root, { recursive: true });
      stages.set(/ AS (\S+)$/i.exec(instruction.text)?.[1] ?? `${stages.size}`, root);
      image = { root, workdir: '/', user: 'root', environment: {}, entrypoint: [], command: [] };
      continue;
    }
    if (!image) throw new Error(`Dockerfile: ${instruction.name} is before FROM`);
    image = step(image, instruction, { context, stages });
  }
  if (!image) throw new Error('Dockerfile: found no FROM');
  return image;
}

interface Sources {
  readonly context: string;
  readonly stages: ReadonlyMap<string, string>;
}

function step(image: Image, { name, text }: Instruction, sources: Sources): Image {
  switch (name) {
    case 'WORKDIR':
      mkdirSync(join(image.root, text), { recursive: true });
      return { ...image, workdir: text };
    case 'ENV': {
      const [variable = '', value = ''] = text.split('=');
      return { ...image, environment: { ...image.environment, [variable]: value } };
    }
    case 'USER':
      return { ...image, user: text };
    case 'ENTRYPOINT':
      return { ...image, entrypoint: JSON.parse(text) as string[] };
    case 'CMD':
      return { ...image, command: JSON.parse(text) as string[] };
    case 'COPY':
      copy(image, text, sources);
      return image;
    case 'RUN':
      execFileSync('sh', ['-ec', text], {
        cwd: join(image.root, image.workdir),
        env: { ...process.env, npm_config_prefer_offline: 'true', ...image.environment },
        stdio: 'pipe',
      });
      return image;
    default:
      throw new Error(`Dockerfile: found ${name}, which this builder does not know`);
  }
}

function copy(image: Image, text: string, { context, stages }: Sources): void {
  const [, stage, rest = ''] = /^(?:--from=(\S+) )?(.*)$/.exec(text) ?? [];
  const source = stage === undefined ? context : stages.get(stage);
  if (source === undefined) throw new Error(`Dockerfile: found no stage ${stage}`);
  const paths = rest.split(' ');
  const to = paths.pop() ?? '';
  const target = resolve(join(image.root, image.workdir), to);
  for (const path of paths) {
    const from = join(source, path);
    if (!existsSync(from)) throw new Error(`Dockerfile: found no ${path} to copy`);
    // Of a folder Docker copies what is in it.
    const inFolder = to.endsWith('/') && !statSync(from).isDirectory();
    cpSync(from, inFolder ? join(target, basename(path)) : target, {
      recursive: true,
      verbatimSymlinks: true,
    });
  }
}

/** Removes a folder that was made for an image. */
export const removeImage = (work: string): void => rmSync(work, { recursive: true, force: true });
