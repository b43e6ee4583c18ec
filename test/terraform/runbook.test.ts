import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jobs } from '../../src/jobs/registry.ts';
import { type Framework, startFramework } from '../sandbox/framework.ts';
import { type GrowthBookSandbox, startGrowthBookSandbox } from '../sandbox/growthbook/sandbox.ts';
import { moduleFile, terraformFile } from './signals.ts';

const folder = join(import.meta.dirname, '../../terraform');
const runbook = terraformFile('RUNBOOK.md');
const alerts = readdirSync(join(folder, 'modules/muster/alerts'));

/** Each page with commands, and how it writes the project and the region. */
const PAGES = [
  ...['RUNBOOK.md', 'README.md'].map(
    (name) => [name, terraformFile(name), /^"?\$\{?(PROJECT|REGION)\b/] as const,
  ),
  ...alerts.map((name) => [name, moduleFile(`alerts/${name}`), /^\$\{(project|region)\}/] as const),
];

/** Every gcloud command of a page, with lines that a backslash continues made one. */
const commandsOf = (page: string) =>
  page
    .replaceAll('\\\n', ' ')
    .split('\n')
    .flatMap((line) => line.split(/(?=\bgcloud )/).filter((part) => part.startsWith('gcloud ')))
    .filter((command) => !/^gcloud (auth application-default login|auth print|`)/.test(command));

const REGIONAL = /^gcloud (functions|scheduler|run) /;

describe('the commands of runbook, README and alerts', () => {
  it.each(PAGES)('of %s name the project and the region by variables', (_, page, variable) => {
    const commands = commandsOf(page);
    expect(commands.length).toBeGreaterThan(0);
    for (const command of commands) {
      expect(/--project[= ](\S+)/.exec(command)?.[1], command).toMatch(variable);
      if (!REGIONAL.test(command)) continue;
      expect(/--(?:location|region)[= ](\S+)/.exec(command)?.[1], command).toMatch(variable);
    }
  });

  it('rotate secrets by one recipe', () => {
    const pages = PAGES.filter(([, page]) => page.includes('gcloud secrets versions add'));
    expect(pages.map(([name]) => name)).toEqual(['RUNBOOK.md']);
    expect(runbook.match(/gcloud secrets versions add/g)).toHaveLength(1);
  });

  it('say where each secret of each job comes from', () => {
    const names = jobs.flatMap(({ settings }) =>
      Object.entries(settings).flatMap(([name, { secret }]) => (secret ? [name] : [])),
    );
    for (const name of names)
      expect(runbook).toContain(`| \`${name.startsWith('MEDIAWIKI_') ? 'MEDIAWIKI_*' : name}\` |`);
  });

  it.each([1, 2, 3, 4, 5, 6])('have a heading for exit code %i', (code) => {
    expect(runbook).toMatch(new RegExp(`^## Exit ${code}: `, 'm'));
  });
});

describe('the runbook, pasted as it is, against the sandbox', () => {
  let sandbox: GrowthBookSandbox;
  let framework: Framework;
  const place = mkdtempSync(join(tmpdir(), 'runbook-'));
  beforeAll(async () => {
    sandbox = await startGrowthBookSandbox();
    const strict = { MODE: 'enforce', SAFETY_MAX_COUNT: '0', SAFETY_MAX_PERCENT: '0' };
    framework = await startFramework('growthbookRoles', { ...sandbox.environment, ...strict });
  });
  afterAll(async () => {
    rmSync(place, { recursive: true });
    await Promise.all([framework?.close(), sandbox?.close()]);
  });

  const commands = [...runbook.matchAll(/```sh\n([\s\S]*?)```/g)]
    .map(([, block = '']) => block)
    .filter((block) => block.includes('curl'));
  const paste = async (command: string) => {
    const environment = { ...process.env, MUSTER: framework.origin, TOKEN: 'none' };
    const options = { env: environment, cwd: place };
    return (await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', command], options)).stdout;
  };

  it('has commands for the plan, one person’s reason, a check, a run, and an approval', () => {
    expect(commands).toHaveLength(6);
  });

  it('shows the plan, and why a person has the access that they have', async () => {
    expect(await paste(commands[0] ?? '')).toContain('Objections');
    expect(await paste(commands[1] ?? '')).toContain('growthbook-readonly');
  });

  it('shows that everything is right that a run needs', async () => {
    expect(await paste(commands[2] ?? '')).toMatch(/✓/);
  });

  it('a run now is refused, and the plan that was shown is carried out once it is approved', async () => {
    expect(await paste(commands[3] ?? '')).toContain('refused');
    expect(await paste(commands[4] ?? '')).toContain('Objections');
    expect(sandbox.growthbook.writes).toHaveLength(0);
    expect(await paste(commands[5] ?? '')).toContain('because: the team was dissolved');
    expect(sandbox.growthbook.writes).toHaveLength(12);
  });
});
