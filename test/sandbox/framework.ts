import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePort } from './free-port.ts';

/** The functions-framework server that production uses, serving one function of a folder. */
export interface Framework {
  readonly origin: string;
  /** Everything it printed so far. */
  output(): string;
  /** Sends the process a signal. */
  kill(signal: NodeJS.Signals): void;
  /** The process's exit code, or the signal that ended it, once it has ended. */
  readonly exited: Promise<number | string | null>;
  close(): Promise<void>;
}

/** This checkout. */
const ROOT = join(import.meta.dirname, '../..');

/** The command that starts a folder's own framework for one of its functions. */
export const frameworkCommand = (target: string, port: number, folder: string = ROOT) => ({
  file: process.execPath,
  args: [
    join(folder, 'node_modules/.bin/functions-framework'),
    `--target=${target}`,
    `--source=${folder}`,
    `--port=${port}`,
  ],
});

/** Starts the framework in a process of its own and waits until it listens. Throws with its output where it ends before. */
export async function startFramework(
  target: string,
  environment: Readonly<Record<string, string>>,
  folder: string = ROOT,
): Promise<Framework> {
  const port = await freePort();
  const { file, args } = frameworkCommand(target, port, folder);
  const inherited = { PATH: process.env.PATH, HOME: process.env.HOME };
  const child = spawn(file, args, {
    cwd: folder,
    env: { ...inherited, ...environment, NODE_ENV: 'production' },
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (printed += chunk));
  const origin = `http://127.0.0.1:${port}`;
  await listening(child, origin, () => printed);
  const exited = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string | null);
  return {
    origin,
    output: () => printed,
    kill: (signal) => void child.kill(signal),
    exited,
    close: () => ended(child),
  };
}

async function listening(child: ChildProcess, origin: string, output: () => string): Promise<void> {
  for (let tries = 0; tries < 400; tries += 1) {
    if (child.exitCode !== null)
      throw new Error(`functions-framework ended (${child.exitCode}): ${output()}`);
    const answered = await fetch(`${origin}/robots.txt`).catch(() => undefined);
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`functions-framework does not listen at ${origin}: ${output()}`);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
