import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MARKED, README, settingsTables } from './readme.ts';
import { type Framework, startFramework } from './sandbox/framework.ts';
import { type GrowthBookWorld, startGrowthBookWorld } from './sandbox/growthbook/world.ts';

const text = readFileSync(README, 'utf8');

test('the tables of settings are those of the code (node test/readme.ts writes them anew)', () => {
  expect(MARKED.exec(text)?.[2]).toBe(settingsTables());
});

test('every link within the repository leads somewhere', () => {
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
  expect(links.length).toBeGreaterThan(3);
  for (const link of links.filter((one) => !one.startsWith('http'))) {
    if (link.startsWith('#')) expect(headings).toContain(link.slice(1));
    else expect(existsSync(new URL(link, README)), link).toBe(true);
  }
});

describe('the runbook, pasted as it stands, against the sandbox', () => {
  let world: GrowthBookWorld;
  let framework: Framework;
  const folder = mkdtempSync(join(tmpdir(), 'runbook-'));
  beforeAll(async () => {
    world = await startGrowthBookWorld();
    const strict = { MODE: 'enforce', SAFETY_MAX_COUNT: '0', SAFETY_MAX_PERCENT: '0' };
    framework = await startFramework('growthbookRoles', { ...world.environment, ...strict });
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await Promise.all([framework?.close(), world?.close()]);
  });

  const runbook = /^## Runbook$([\s\S]*?)^## /m.exec(text)?.[1] ?? '';
  const commands = [...runbook.matchAll(/```sh\n([\s\S]*?)```/g)]
    .map(([, block = '']) => block)
    .filter((block) => block.includes('curl'))
    .map((block) => block.replaceAll(/^gcloud .*$/gm, ''));
  const paste = async (command: string) => {
    const environment = { ...process.env, MUSTER: framework.origin, TOKEN: 'none' };
    return (
      await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', command], {
        env: environment,
        cwd: folder,
      })
    ).stdout;
  };

  test('has commands for the plan, one person’s reason, a run, and an approval', () => {
    expect(commands).toHaveLength(5);
  });

  test('shows the plan, and why a person gets what they get', async () => {
    expect(await paste(commands[0] ?? '')).toContain('Objections');
    expect(await paste(commands[1] ?? '')).toMatch(/^ +grant +hiro@example\.org .*growthbook-readonly/m);
  });

  test('a run now is refused, and the plan that was shown is carried out once it is approved', async () => {
    expect(await paste(commands[2] ?? '')).toContain('refused');
    expect(await paste(commands[3] ?? '')).toContain('Objections');
    expect(world.growthbook.writes).toHaveLength(0);
    expect(await paste(commands[4] ?? '')).toContain('because: the team was dissolved');
    expect(world.growthbook.writes).toHaveLength(12);
  });
});
