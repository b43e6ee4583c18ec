import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** The functions-framework server that production uses, serving one function of this checkout. */
export interface Framework {
  readonly origin: string;
  /** Everything it printed so far. */
  output(): string;
  close(): Promise<void>;
}

const ROOT = new URL('../..', import.meta.url).pathname;
const BINARY = new URL('../../node_modules/.bin/functions-framework', import.meta.url).pathname;

/** Arguments that start the framework for one function. */
export const frameworkCommand = (target: string, port: number) => ({
  file: process.execPath,
  args: [BINARY, `--target=${target}`, `--source=${ROOT}`, `--port=${port}`],
});

/** Starts the framework in a process of its own and waits until it listens. Throws with its output where it ends before. */
export async function startFramework(
  target: string,
  environment: Readonly<Record<string, string>>,
): Promise<Framework> {
  const port = await freePort();
  const { file, args } = frameworkCommand(target, port);
  const inherited = { PATH: process.env.PATH, HOME: process.env.HOME };
  const child = spawn(file, args, {
    cwd: ROOT,
    env: { ...inherited, ...environment, NODE_ENV: 'production' },
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (printed += chunk));
  const origin = `http://127.0.0.1:${port}`;
  await listening(child, origin, () => printed);
  return { origin, output: () => printed, close: () => ended(child) };
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

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}
