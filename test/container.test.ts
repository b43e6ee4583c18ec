import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deployable } from '../terraform/source-zip.ts';
import { buildImage, copyContext, type Image, parseDockerfile, removeImage } from './dockerfile.ts';
import { startSandbox } from './sandbox/start-sandbox.ts';

const project = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(project, path), 'utf8');
const work = mkdtempSync(join(tmpdir(), 'muster-image-'));
let image: Image;
let app = '';

beforeAll(() => {
  const context = join(work, 'context');
  copyContext(project, context);
  image = buildImage(read('Dockerfile'), { context, work });
  app = join(image.root, image.workdir);
}, 180_000);
afterAll(() => removeImage(work));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command in the image's folder, with nothing of this environment but PATH. */
async function run(
  command: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  cwd = app,
): Promise<Ended> {
  const [file = '', ...args] = command;
  const options = { cwd, env: { PATH: process.env['PATH'], ...image.environment, ...environment } };
  return await new Promise((resolve) =>
    execFile(file, args, options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    ),
  );
}

async function inSandbox(
  job: string,
  command: readonly string[],
  more: Readonly<Record<string, string>> = {},
  cwd = app,
) {
  const sandbox = await startSandbox(job);
  try {
    return await run(command, { ...sandbox.environment, ...more }, cwd);
  } finally {
    await sandbox.close();
  }
}

/** Every file with its size and time of change. */
const snapshot = () =>
  readdirSync(image.root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => `${path} ${statSync(path).size} ${statSync(path).mtimeMs}`);

describe('the image that the Dockerfile makes, built step by step in an empty folder', () => {
  it.each(['growthbook-roles', 'gitlab-approvals'])('plans %s and writes no file', async (job) => {
    const before = snapshot();
    const { code, stdout, stderr } = await inSandbox(job, [...image.entrypoint, job, 'plan']);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain(`${job}  planned`);
    const page = await inSandbox(job, [...image.entrypoint, job, 'plan', '-o', 'html']);
    expect(page.stdout).toMatch(/^<!doctype html>/i);
    expect(snapshot()).toEqual(before);
  });

  it('applies where MODE is enforce, and only observes otherwise', async () => {
    const command = [...image.entrypoint, 'growthbook-roles', 'apply'];
    expect((await inSandbox('growthbook-roles', command)).stdout).toContain(
      'Nothing was written: MODE is observe',
    );
    const enforced = await inSandbox('growthbook-roles', command, { MODE: 'enforce' });
    expect(enforced.stdout).toContain('growthbook-roles  applied');
  });

  it('shows the help without arguments', async () => {
    const { code, stdout } = await run([...image.entrypoint, ...image.command], {});
    expect(code).toBe(0);
    expect(stdout).toContain('Usage: muster');
  });

  it('holds the bundle that is in the zip for Google, and nothing else', async () => {
    const found = readdirSync(app, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(app, join(entry.parentPath, entry.name)));
    expect(found.toSorted()).toEqual([...(await deployable(project)).keys()].toSorted());
  });

  it('does not run as root, by a number that Kubernetes can check', () => {
    expect(image.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });

  it('has the Node that package.json and .nvmrc ask for', () => {
    const [base] = parseDockerfile(read('Dockerfile'));
    expect(base?.text).toBe(`BASE=node:${read('.nvmrc').trim()}-slim`);
    expect(JSON.parse(read('package.json')).engines.node).toContain(`>=${read('.nvmrc').trim()} `);
  });

  it('installs by the lock file alone, and runs no script of a package', () => {
    const installs = parseDockerfile(read('Dockerfile')).filter(({ text }) => /\bnpm\b/.test(text));
    expect(installs.map(({ text }) => text)).toEqual([expect.stringMatching(/^npm ci --ignore-scripts\b/)]);
  });
});

describe('Procfile', () => {
  const commands = new Map(
    read('Procfile')
      .trim()
      .split('\n')
      .map((line) => /^([\w-]+): (.+)$/.exec(line)?.slice(1) as [string, string]),
  );

  // What Toolforge's build leaves: the repository, and what the script `heroku-postbuild` made.
  let slug = '';
  beforeAll(() => {
    slug = join(work, 'slug');
    cpSync(join(project, 'terraform/platforms'), join(slug, 'terraform/platforms'), { recursive: true });
    cpSync(app, join(slug, 'dist/app'), { recursive: true });
  });

  it('runs what the script of the platform’s build makes, which is what the Dockerfile makes', () => {
    const { scripts } = JSON.parse(read('package.json'));
    const steps = parseDockerfile(read('Dockerfile')).filter(({ name }) => name === 'RUN');
    expect(steps.map(({ text }) => text)).toContain(scripts['heroku-postbuild']);
    for (const command of commands.values())
      expect(command).toContain('node dist/app/cli.js gitlab-approvals ');
  });

  it('has approve, dry-run and the scheduled approve', () => {
    expect([...commands.keys()]).toEqual(['approve', 'dry-run', 'scheduled-approve']);
  });

  it('approve only observes until MODE is enforce, and then approves', async () => {
    const command = (commands.get('approve') ?? '').split(' ');
    const observed = await inSandbox('gitlab-approvals', command, {}, slug);
    expect(observed.code, observed.stderr).toBe(0);
    expect(observed.stdout).toContain('Nothing was written: MODE is observe');
    const enforced = await inSandbox('gitlab-approvals', command, { MODE: 'enforce' }, slug);
    expect(enforced.stdout).toContain('gitlab-approvals  applied');
  });

  it('dry-run logs each question and its answer, and writes nothing even where MODE is enforce', async () => {
    const command = (commands.get('dry-run') ?? '').split(' ');
    const { code, stdout } = await inSandbox('gitlab-approvals', command, { MODE: 'enforce' }, slug);
    expect(code).toBe(0);
    expect(stdout).toContain('gitlab-approvals  planned');
  });

  it('the scheduled approve is the same command', async () => {
    const scheduled = (commands.get('scheduled-approve') ?? '').split(' ');
    const observed = await inSandbox('gitlab-approvals', scheduled, { TOOL_DATA_DIR: work }, slug);
    expect(observed.code, observed.stderr).toBe(0);
    expect(observed.stdout).toContain('Nothing was written: MODE is observe');
    expect(commands.get('scheduled-approve')).toMatch(new RegExp(` ${commands.get('approve')}$`));
  });
});

describe('a Node that is too old', () => {
  it('gets one sentence, and exit 4', () => {
    const old = join(work, 'old.cjs');
    const versions = `Object.defineProperty(process, 'versions', { value: { node: '20.11.1' } });`;
    writeFileSync(old, versions);
    const start = () =>
      execFileSync(process.execPath, ['--require', old, join(project, 'src/muster.cjs')], { stdio: 'pipe' });
    expect(start).toThrow(
      expect.objectContaining({
        status: 4,
        stderr: Buffer.from('muster: this Node is too old (found 20.11.1, allowed 24).\n'),
      }),
    );
  });

  it('is looked for in the program that package.json names', () => {
    expect(JSON.parse(read('package.json')).bin).toEqual({ muster: 'src/muster.cjs' });
  });
});
