import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, statSync } from 'node:fs';
import { mayWriteMeasurements, writeMeasurements } from '../measurements.ts';
import { SCOPES } from './scopes.ts';
import { type Equivalent, type MutationReport, missingIn, percentOf, scoresOf } from './score.ts';

/** `npm run mutation`: mutates every scope, or those of `-- --only=policy,engine`. Fails below this score in percent. */
const LEAST = 95;
const ROOT = new URL('../../', import.meta.url);
const only = process.argv.find((one) => one.startsWith('--only='))?.slice(7);
const names = only?.split(',') ?? Object.keys(SCOPES);
const read = (url: URL): unknown => JSON.parse(readFileSync(url, 'utf8'));
const reportOf = (name: string) => new URL(`dist/mutation-${name}.json`, ROOT);

function mutate(name: string): void {
  const scope = SCOPES[name];
  if (!scope) throw new Error(`no scope ${name} (allowed ${Object.keys(SCOPES).join(', ')})`);
  const args = ['stryker', 'run', 'test/mutation/stryker.json', '--mutate', scope.mutate.join()];
  const env = { ...process.env, MUTATION_TESTS: scope.tests.join(':') };
  const { status } = spawnSync('npx', args, { cwd: ROOT, env, stdio: 'inherit' });
  if (status !== 0) throw new Error(`Stryker ended with ${status} for ${name}`);
  const made = new URL('dist/mutation.json', ROOT);
  const missing = missingIn(read(made) as MutationReport, scope.mutate);
  if (missing.length > 0) throw new Error(`nothing was mutated in ${missing.join(', ')} of ${name}`);
  renameSync(made, reportOf(name));
}

const equivalents = read(new URL('equivalent.json', import.meta.url)) as readonly Equivalent[];
if (!process.argv.includes('--table')) for (const name of names) mutate(name);

// Reports of earlier calls count too: each row says on which day it was measured.
const percents: number[] = [];
const rows = Object.keys(SCOPES).flatMap((name) => {
  const url = reportOf(name);
  if (!existsSync(url)) return [`| ${name} | not measured | | | | |`];
  const { scores, stale } = scoresOf(read(url) as MutationReport, equivalents);
  const survivors = scores.flatMap((one) => one.survivors);
  const killed = scores.reduce((sum, one) => sum + one.killed, 0);
  const percent = percentOf(killed, survivors.length);
  percents.push(percent);
  for (const line of survivors) process.stdout.write(`survived: ${line}\n`);
  for (const { file, from, to } of stale)
    process.stdout.write(`no such survivor any more: ${file} ${from} => ${to}\n`);
  if (names.includes(name) && (percent < LEAST || stale.length > 0)) process.exitCode = 1;
  const day = statSync(url).mtime.toISOString().slice(0, 10);
  const row = (what: string, done: number, left: number, equal: number) =>
    `| ${what} | ${percentOf(done, left).toFixed(1)} % | ${done} | ${left} | ${equal} | ${day} |`;
  const equal = scores.reduce((sum, one) => sum + one.equivalent, 0);
  return [
    row(`**${name}**`, killed, survivors.length, equal),
    ...scores.map((one) => row(`\`${one.file}\``, one.killed, one.survivors.length, one.equivalent)),
  ];
});
const table = [
  '| files | score | noticed | survived | equivalent | measured |',
  '| --- | --- | --- | --- | --- | --- |',
  ...rows,
].join('\n');
process.stdout.write(`${table}\n`);
if (mayWriteMeasurements())
  writeMeasurements('mutation', {
    text: table,
    summary: `${percents.length} of ${Object.keys(SCOPES).length} scopes, each at least ${Math.min(...percents).toFixed(1)} %`,
  });
