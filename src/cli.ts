#!/usr/bin/env node

import { parseArgs } from 'node:util';
import { type RunRequest, runJob } from './app/run-job.ts';
import { PLAN_HASH } from './engine/plan.ts';
import type { Job } from './jobs/define-job.ts';
import { jobs, knownSettings } from './jobs/registry.ts';
import { systemClock } from './platform/clock.ts';
import { readEnvironment } from './platform/environment.ts';
import { InvalidRequestError, messageOf } from './platform/errors.ts';
import type { LogSink } from './platform/log.ts';
import { renderText } from './reports/text.ts';

const USAGE = `usage: muster JOB [plan|apply] [--format text|json] [--approve sha256:… --reason TEXT]
jobs: ${jobs.map(({ name }) => name).join(', ')}
plan shows what apply would do; apply does it, unless MODE=observe is set
gitlab-approvals also knows approve (apply) and dry-run (plan, with each question and answer in the log)`;

const COMMANDS = {
  plan: { dryRun: true, verbose: false },
  apply: { dryRun: false, verbose: false },
} as const;
/** The names that the tool before this one had. */
const OLD_COMMANDS = { approve: COMMANDS.apply, 'dry-run': { dryRun: true, verbose: true } } as const;

const INVALID = 4;

interface Command extends RunRequest {
  readonly job: Job;
  readonly format: 'text' | 'json';
  readonly verbose: boolean;
}

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  try {
    return await runCommand(readCommand(args));
  } catch (error) {
    if (!(error instanceof InvalidRequestError)) throw error;
    process.stderr.write(`muster: ${error.message}\n${USAGE}\n`);
    return INVALID;
  }
}

async function runCommand(command: Command): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
  const progress = startProgress(`${command.job.name} ${command.dryRun ? 'plan' : 'apply'}`);
  const quiet = process.stderr.isTTY ? { LOG_LEVEL: 'warn' } : {};
  const result = await runJob(command.job, command, {
    environment: { MODE: 'enforce', ...quiet, ...readEnvironment() },
    clock: systemClock,
    log: progress.log,
    known: knownSettings,
    stop: stop.signal,
    verbose: command.verbose,
  });
  progress.end();
  const colour = process.stdout.isTTY === true && !process.env.NO_COLOR;
  const json = `${JSON.stringify(result.report, null, 2)}\n`;
  process.stdout.write(
    command.format === 'json' ? json : renderText(result.report, { describe: result.describe, colour }),
  );
  return result.report.exitCode;
}

function readCommand(args: readonly string[]): Command {
  const { positionals, values } = parsed(args);
  const [jobName, commandName = 'plan', ...rest] = positionals;
  const job = jobs.find(({ name }) => name === jobName);
  if (!job) throw new InvalidRequestError(`unknown job (found ${jobName ?? 'nothing'})`);
  const { format = 'text', approve, reason } = values;
  if (format !== 'text' && format !== 'json')
    throw new InvalidRequestError(`unknown format (found ${format})`);
  const known = new Map(
    Object.entries(job.name === 'gitlab-approvals' ? { ...COMMANDS, ...OLD_COMMANDS } : COMMANDS),
  );
  const command = rest.length === 0 ? known.get(commandName) : undefined;
  if (!command) throw new InvalidRequestError(`unknown command (found ${[commandName, ...rest].join(' ')})`);
  if (approve === undefined && reason === undefined) return { job, format, ...command };
  if (!approve || !reason?.trim()) throw new InvalidRequestError('--approve and --reason belong together');
  if (!PLAN_HASH.test(approve)) throw new InvalidRequestError(`--approve: no plan hash (found ${approve})`);
  return { job, format, ...command, approval: { hash: approve, reason: reason.trim() } };
}

function parsed(args: readonly string[]) {
  try {
    const option = { type: 'string' } as const;
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { format: option, approve: option, reason: option },
    });
  } catch (error) {
    throw new InvalidRequestError(messageOf(error));
  }
}

/** A line on the terminal that tells that slow work is going on; log lines push it aside. */
function startProgress(what: string): { readonly log: LogSink; end(): void } {
  if (!process.stderr.isTTY) return { log: 2, end: () => undefined };
  const begun = Date.now();
  const clear = () => process.stderr.write('\r\u001b[K');
  const show = () => process.stderr.write(`\r\u001b[K${what} … ${Math.round((Date.now() - begun) / 1000)} s`);
  const timer = setInterval(show, 200);
  const end = () => {
    clearInterval(timer);
    clear();
  };
  const write = (line: string) => {
    clear();
    process.stderr.write(line);
  };
  return { log: { write }, end };
}
