import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { groupDn, PROJECTS } from '../sandbox/growthbook/example.ts';
import { startGrowthBookSandbox } from '../sandbox/growthbook/sandbox.ts';
import { reader } from '../sandbox/ldap/asking.ts';
import { personDn, personEntry } from '../sandbox/ldap/people.ts';
import { startSlapd } from '../sandbox/ldap/slapd.ts';
import type { BenchRow } from './resolve.ts';

const PROGRAM = new URL('../../src/muster.cjs', import.meta.url).pathname;
const MAX_MIB = 512;
/** What Google's buildpack sets for a function of 512 MiB: 64 MiB less. */
const NODE_OPTIONS = `--max-old-space-size=${MAX_MIB - 64}`;
/** Ten times the members may take eleven times the processor time beyond what a run of none takes. */
const MAX_GROWTH = 11;

/** LDAP alone: `data.yaml` of 100,000 users is larger than Muster reads. */
const POLICY = `order: [noaccess, readonly, CustomElevatedAccess, admin]
gate: none
rules:
  - { rule: 1, when: { ldap: growthbook-admin }, role: admin }
  - { rule: 2, when: { ldap: growthbook-customelevatedaccess }, role: CustomElevatedAccess }
  - { rule: 3, when: { ldap: growthbook-readonly }, role: readonly }
otherwise: { rule: 4 }
`;

/** One plan in a process of its own: wall time and CPU in milliseconds, peak memory in MiB, requests. */
interface Measured {
  readonly size: number;
  readonly ms: number;
  readonly cpuMs: number;
  readonly mib: number;
  readonly requests: number;
}

/** A plan for so many members and as many people, from a real slapd and the fake GrowthBook, in a process of its own. */
async function planFor(size: number): Promise<Measured> {
  const uids = Array.from({ length: size }, (_, n) => `person${n}`);
  const group = (name: 'admin' | 'customelevatedaccess' | 'readonly', members: readonly string[]) => ({
    dn: groupDn(name),
    attributes: { objectClass: ['groupOfNames'], cn: `growthbook-${name}`, member: members.map(personDn) },
  });
  const entries = [
    ...uids.map((uid) => personEntry(uid)),
    group('admin', uids.slice(0, 2)),
    group('customelevatedaccess', uids.slice(2, 4)),
    group('readonly', uids),
  ];
  const sandbox = await startGrowthBookSandbox({
    requestsPerMinute: 1_000_000,
    content: {
      members: uids.map((uid) => ({ id: `u_${uid}`, role: 'readonly', email: `${uid}@example.org` })),
      projects: PROJECTS,
    },
  });
  const slapd = await startSlapd({ entries, bind: [reader] });
  try {
    const environment = {
      ...sandbox.environment,
      LDAP_SERVERS: `ldap://127.0.0.1:${slapd.port}`,
      LDAP_BIND_DN: reader.dn,
      LDAP_BIND_PASSWORD: reader.password,
      GROWTHBOOK_POLICY: POLICY,
      GROWTHBOOK_PROTECTED_MEMBERS: '',
      GROWTHBOOK_REQUESTS_PER_MINUTE: '6000',
      LOG_LEVEL: 'warn',
      SAFETY_MAX_COUNT: '100000',
      SAFETY_MAX_GAINED_COUNT: '100000',
      SYNC_DEADLINE_SECONDS: '1700',
    };
    return { size, ...(await measure(environment)), requests: sandbox.growthbook.requests.length };
  } finally {
    await Promise.all([slapd.close(), sandbox.close()]);
  }
}

async function measure(environment: Readonly<Record<string, string>>) {
  const startedAt = performance.now();
  const args = ['--', PROGRAM, 'growthbook-roles', 'plan', '--json'];
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env.PATH, NODE_ENV: 'production', NODE_OPTIONS, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let report = '';
  child.stdout.on('data', (chunk: Buffer) => {
    report += chunk;
  });
  let last = { cpuMs: 0, mib: 0 };
  const timer = setInterval(() => {
    last = usageOf(child.pid) ?? last;
  }, 20);
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  clearInterval(timer);
  if (code !== 0) throw new Error(`bench: the plan ended with ${code}: ${report.slice(0, 500)}`);
  return { ms: performance.now() - startedAt, ...last };
}

const TICKS_A_SECOND = 100;

/** CPU time and peak memory of a process, as Linux counts them; undefined once it has ended. */
function usageOf(pid: number | undefined): { readonly cpuMs: number; readonly mib: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    // A process that has just ended has no memory any more.
    if (peak === undefined) return undefined;
    return { cpuMs: (ticks / TICKS_A_SECOND) * 1000, mib: Number(peak) / 1024 };
  } catch {
    return undefined;
  }
}

/** Plans of organisations that grow, one after the other: time beyond the smallest, and memory. */
export async function benchScale(sizes: readonly number[]): Promise<readonly BenchRow[]> {
  const measured: Measured[] = [];
  for (const size of sizes) measured.push(await planFor(size));
  const [smallest] = measured;
  return measured.map((one, index) => {
    const before = measured[index - 1];
    // The time that the fake servers take is not Muster's: growth is that of its own processor time.
    const fixed = smallest ? smallest.cpuMs - (smallest.cpuMs * smallest.size) / (measured[1]?.size ?? 1) : 0;
    const growth = before && index > 1 ? (one.cpuMs - fixed) / Math.max(1, before.cpuMs - fixed) : undefined;
    const allowed = before ? (MAX_GROWTH * one.size) / (10 * before.size) : 0;
    const text = growth === undefined ? '' : `, ${growth.toFixed(1)} × the CPU of ${before?.size}`;
    return {
      name: `A plan for ${one.size} members and as many people in LDAP`,
      measured: `${(one.ms / 1000).toFixed(1)} s, ${(one.cpuMs / 1000).toFixed(1)} s of CPU, ${one.mib.toFixed(0)} MiB, ${one.requests} requests to GrowthBook${text}`,
      limit: `${MAX_MIB} MiB${growth === undefined ? '' : `, ${allowed.toFixed(1)} ×`}`,
      isWithin: one.mib <= MAX_MIB && (growth === undefined || growth <= allowed),
    };
  });
}
