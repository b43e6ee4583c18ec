import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readGroups, readMembers } from '../../src/directories/ldap/groups-and-people.ts';
import { NAMES_IN_A_FILTER } from '../../src/directories/ldap/person.ts';
import { ask, reader, settingsFor } from '../sandbox/ldap/asking.ts';
import { groupEntry, groupsBase, peopleBase, personDn, personEntry } from '../sandbox/ldap/people.ts';
import { startSlapd } from '../sandbox/ldap/slapd.ts';
import type { BenchRow } from './resolve.ts';

const MAX_RATIO = 1.5;
const ROUNDS = 5;
const ATTRIBUTES = ['cn', 'uid', 'mail', 'pwdAccountLockedTime', 'pwdPolicySubentry'];

/** Reading everybody in a group of this size from a real slapd, against `ldapsearch` with the same filters: medians of five pairs. */
export async function benchLdap(size: number): Promise<BenchRow> {
  const uids = Array.from({ length: size }, (_, n) => `person${n}`);
  const entries = [...uids.map((uid) => personEntry(uid)), groupEntry('all', uids.map(personDn))];
  const slapd = await startSlapd({ entries, bind: [reader] });
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  try {
    const filters = join(folder, 'filters');
    await writeFile(filters, filterLines(uids));
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      ours.push(await timed(() => readEverybody(slapd.port, size)));
      theirs.push(await timed(() => searchWith(slapd.port, filters)));
    }
    const ratio = median(ours) / median(theirs);
    return {
      name: `read ${size} people from LDAP, against ldapsearch`,
      measured: `${ratio.toFixed(2)} (${Math.round(median(ours))} ms, ldapsearch ${Math.round(median(theirs))} ms)`,
      limit: `${MAX_RATIO}`,
      isWithin: ratio <= MAX_RATIO,
    };
  } finally {
    await Promise.all([slapd.close(), rm(folder, { recursive: true, force: true })]);
  }
}

async function readEverybody(port: number, size: number): Promise<void> {
  const { answer, error } = await ask(settingsFor(port), async (ldap) => {
    const groups = await readGroups(ldap, groupsBase, ['all']);
    return (await readMembers(ldap, peopleBase, [...groups.values()])).people.length;
  });
  if (answer !== size)
    throw new Error(`bench: not everybody was read (found ${answer}, allowed ${size}): ${error}`);
}

/** One line a filter, each put in the place of `%s`. */
function filterLines(uids: readonly string[]): string {
  const lines: string[] = [];
  for (let at = 0; at < uids.length; at += NAMES_IN_A_FILTER)
    lines.push(
      uids
        .slice(at, at + NAMES_IN_A_FILTER)
        .map((uid) => `(uid=${uid})`)
        .join(''),
    );
  return `${lines.join('\n')}\n`;
}

async function searchWith(port: number, filters: string): Promise<void> {
  const server = ['-x', '-LLL', '-H', `ldap://127.0.0.1:${port}`, '-D', reader.dn, '-w', reader.password];
  await run('ldapsearch', [...server, '-b', groupsBase, '-s', 'one', '(cn=all)', 'cn', 'member']);
  const filter = ['-f', filters, '(&(objectClass=person)(|%s))'];
  await run('ldapsearch', [...server, '-b', peopleBase, '-E', 'pr=500/noprompt', ...filter, ...ATTRIBUTES]);
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let complaints = '';
  child.stdout.resume();
  child.stderr.on('data', (data: Buffer) => {
    complaints += data.toString();
  });
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.on('close', resolve).on('error', reject);
  const code = await promise;
  if (code !== 0) throw new Error(`bench: ${command} ended with ${code}: ${complaints}`);
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
