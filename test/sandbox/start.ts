import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { jobs } from '../../src/jobs/registry.ts';
import { frameworkCommand } from './framework.ts';
import { startSandbox } from './start-sandbox.ts';

/** Serves one function with the functions-framework, against `.env` or, with --sandbox, against the embedded sandbox. */
const { values } = parseArgs({
  options: {
    sandbox: { type: 'boolean', default: false },
    target: { type: 'string', default: process.env.FUNCTION_TARGET ?? 'growthbookRoles' },
  },
});

const port = Number(process.env.PORT ?? 8080);
const environment = values.sandbox ? await sandboxFor(values.target) : {};
const { file, args } = frameworkCommand(values.target, port);
const child = spawn(file, args, {
  stdio: 'inherit',
  env: { ...process.env, ...environment },
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => process.exit(code ?? 1));
process.stdout.write(
  `${values.target} at http://localhost:${port}/ (GET shows the plan, POST carries it out)\n`,
);

async function sandboxFor(target: string): Promise<Readonly<Record<string, string>>> {
  const job = jobs.find(({ functionName }) => functionName === target);
  if (!job) {
    const allowed = jobs.map(({ functionName }) => functionName).join(', ');
    throw new Error(`start: unknown target (found ${target}, allowed ${allowed})`);
  }
  // In production no `.env` is read: nothing of it may reach the sandbox, and the sandbox nothing real.
  return { NODE_ENV: 'production', MODE: 'enforce', ...(await startSandbox(job.name)).environment };
}
