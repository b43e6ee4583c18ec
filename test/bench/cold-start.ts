import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Job } from '../../src/jobs/define-job.ts';
import { jobs } from '../../src/jobs/registry.ts';
import { freePort } from '../sandbox/free-port.ts';
import { startSandbox } from '../sandbox/start-sandbox.ts';
import { unpackZip } from '../terraform/unpacked-zip.ts';
import type { BenchRow } from './resolve.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PAIRS = 9;
const MAX_RATIO = 1.5;

/** A function that answers a constant: what the framework alone costs. */
const BARE =
  "import { http } from '@google-cloud/functions-framework'; http('bare', (_, r) => { r.json({}); });\n";

const temporaryFolder = () => mkdtempSync(join(tmpdir(), 'muster-bench-'));

/** Milliseconds from the start of the process to the answered first `GET /`. */
async function coldStart(folder: string, target: string, environment: NodeJS.ProcessEnv): Promise<number> {
  const port = await freePort();
  const startedAt = performance.now();
  const command = join(folder, 'node_modules/.bin/functions-framework');
  const child = spawn(process.execPath, [command, `--target=${target}`, `--port=${port}`], {
    cwd: folder,
    stdio: 'ignore',
    env: { PATH: process.env.PATH, NODE_ENV: 'production', ...environment },
  });
  try {
    for (;;) {
      const status = await ask(port);
      if (status === 200) return performance.now() - startedAt;
      if (child.exitCode !== null) throw new Error(`cold start: the process ended with ${child.exitCode}`);
      if (status !== undefined) throw new Error(`cold start: answered with ${status}`);
    }
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

/** The status of one request; undefined while nobody listens. */
const ask = async (port: number): Promise<number | undefined> => {
  const { promise, resolve: answered } = Promise.withResolvers<number | undefined>();
  const request = get({ port, host: '127.0.0.1', path: '/' }, (response) => {
    response.resume();
    response.on('end', () => answered(response.statusCode));
  });
  request.on('error', () => setTimeout(() => answered(undefined), 2));
  return await promise;
};

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/** The cold start of each function of the deployed zip, installed as Google's build does it, against a function that answers a constant. */
export async function benchColdStart(): Promise<BenchRow> {
  const [zip, bare] = [temporaryFolder(), temporaryFolder()];
  try {
    await unpackZip(zip);
    writeFileSync(join(bare, 'package.json'), '{"type":"module","main":"bare.js"}');
    writeFileSync(join(bare, 'bare.js'), BARE);
    symlinkSync(join(ROOT, 'node_modules'), join(bare, 'node_modules'));
    const measured = [];
    for (const job of jobs) measured.push(await measure(job, { zip, bare }));
    return {
      name: 'Cold start to the first plan, against a function that answers a constant',
      measured: measured.map(({ text }) => text).join('; '),
      limit: `${MAX_RATIO} ×`,
      isWithin: measured.every(({ ratio }) => ratio <= MAX_RATIO),
    };
  } finally {
    for (const folder of [zip, bare]) rmSync(folder, { recursive: true });
  }
}

interface Folders {
  readonly zip: string;
  readonly bare: string;
}

/** The median ratio of pairs of starts, and it as a text with the times. */
async function measure({ name, functionName }: Job, { zip, bare }: Folders) {
  const sandbox = await startSandbox(name);
  try {
    const environment = { ...sandbox.environment, GROWTHBOOK_REQUESTS_PER_MINUTE: '6000' };
    const pairs = [];
    for (let pair = 0; pair < PAIRS; pair += 1) {
      const alone = await coldStart(bare, 'bare', {});
      const time = await coldStart(zip, functionName, environment);
      pairs.push({ alone, time, ratio: time / alone });
    }
    const ratios = pairs.map(({ ratio }) => ratio);
    const range = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
    const times = [median(pairs.map(({ time }) => time)), median(pairs.map(({ alone }) => alone))];
    const text = `${median(ratios).toFixed(2)} × (${range}; ${times.map((ms) => `${ms.toFixed(0)} ms`).join(' against ')})`;
    return { ratio: median(ratios), text: `${name} ${text}` };
  } finally {
    await sandbox.close();
  }
}
