import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The page of questions, whose answers `node test/commands-page.ts` writes anew. */
export const PAGE = new URL('../src/commands/README.md', import.meta.url);

const PROGRAM = new URL('../src/muster.cjs', import.meta.url).pathname;
const POLICY = new URL('../src/jobs/growthbook-roles/policy.yaml', import.meta.url);

/** A part of the page: text, or one command with its answer. */
export type Part = { readonly text: string } | { readonly command: string; readonly answer: string };

const BLOCK = /(?<=```console\n)[\s\S]*?(?=```)/g;

/** The page in its parts: put together, they are the page. */
export function partsOf(page: string): readonly Part[] {
  const parts: Part[] = [];
  let end = 0;
  for (const block of page.matchAll(BLOCK)) {
    parts.push({ text: page.slice(end, block.index) });
    for (const one of block[0].split(/^(?=\$ )/m)) {
      const [first = '', ...rest] = one.split('\n');
      parts.push({ command: first.replace(/^\$ /, ''), answer: rest.join('\n') });
    }
    end = block.index + block[0].length;
  }
  return [...parts, { text: page.slice(end) }];
}

/** A page of these parts. */
export const pageOf = (parts: readonly Part[]): string =>
  parts.map((part) => ('text' in part ? part.text : `$ ${part.command}\n${part.answer}`)).join('');

/** Types commands one after the other in one empty folder, where `policy.yaml` is, and returns what each prints on stdout. */
export async function typeAll(commands: readonly string[]): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-page-'));
  try {
    const muster = join(folder, 'muster');
    writeFileSync(muster, `#!/bin/sh\nexec '${process.execPath}' -- '${PROGRAM}' "$@"\n`);
    chmodSync(muster, 0o755);
    copyFileSync(POLICY, join(folder, 'policy.yaml'));
    const answers: string[] = [];
    for (const command of commands) answers.push(await type(command, folder));
    return answers;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function type(command: string, folder: string): Promise<string> {
  const env = { PATH: `${folder}:${process.env.PATH}`, HOME: folder, REPORTS: 'reports' };
  const child = spawn('sh', ['-c', command], { cwd: folder, env, stdio: ['ignore', 'pipe', 'ignore'] });
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk;
  });
  await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  return printed;
}

/** An answer without what differs from run to run: ids, times, durations, ports, hashes. */
export const lasting = (answer: string): string =>
  answer
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}/g, 'ID')
    .replace(/sha256:[0-9a-f]{64}/g, 'sha256:HASH')
    .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+Z)?)?/g, 'TIME')
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')
    .replace(/Muster \d+\.\d+\.\d+\S*/g, 'Muster VERSION')
    .replace(/\b\d+ (ms|s)\b/g, 'N $1');

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const parts = partsOf(readFileSync(PAGE, 'utf8'));
  const commands = parts.flatMap((part) => ('command' in part ? [part.command] : []));
  const answers = [...(await typeAll(commands))];
  const typed = parts.map((part) => ('command' in part ? { ...part, answer: answers.shift() ?? '' } : part));
  writeFileSync(PAGE, pageOf(typed));
}
