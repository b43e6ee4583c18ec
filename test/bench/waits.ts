import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { runJob } from '../../src/app/run-job.ts';
import { growthbookRoles } from '../../src/jobs/growthbook-roles/job.ts';
import { knownSettings } from '../../src/jobs/registry.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { jumpingClock } from '../faults/clock.ts';
import { growthBookContent } from '../sandbox/growthbook/example.ts';
import { startGrowthBookSandbox } from '../sandbox/growthbook/sandbox.ts';
import type { BenchRow } from './resolve.ts';

const LATENCY_MS = 200;
const MAX_RATIO = 1.15;
const wait = () => new Promise<void>((resolve) => setTimeout(resolve, LATENCY_MS));

const ROUNDS = 5;

/** Passes on what is sent to a directory, each message of the client 200 ms later: `messages` counts them, the unbind too. */
async function startSlowLine(port: number) {
  const line = { messages: 0 };
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    upstream.pipe(client);
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
    client.on('data', (message: Buffer) => {
      line.messages += 1;
      setTimeout(() => upstream.write(message), LATENCY_MS);
    });
    client.on('end', () => setTimeout(() => upstream.end(), LATENCY_MS));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { line, server, url: `ldap://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** Reading with 200 ms before each answer of every source, against the longest chain of requests of one source that have to wait for each other. */
export async function benchCollect(): Promise<BenchRow> {
  const members = Array.from({ length: 350 }, (_, n) => ({
    id: `u_m${n}`,
    role: 'noaccess',
    email: `m${n}@example.org`,
  }));
  const content = { ...growthBookContent, members: [...growthBookContent.members, ...members] };
  const sandbox = await startGrowthBookSandbox({ content, requestsPerMinute: 6000 });
  const slow = await startSlowLine(sandbox.ldap.port);
  const environment = {
    ...sandbox.environment,
    LDAP_SERVERS: slow.url,
    GROWTHBOOK_REQUESTS_PER_MINUTE: '6000',
    SAFETY_MAX_COUNT: '1000',
  };
  try {
    for (const server of [sandbox.growthbook, sandbox.gitiles]) server.onRequest({}, wait);
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) times.push(await timeOfPlan(environment));
    const ms = times.toSorted((a, b) => a - b)[ROUNDS >> 1] ?? 0;
    // The unbind has no answer, and the last one may still be on its way. GrowthBook's chain is two requests (the first page says how many there are), gitiles' too.
    const rounds = Math.ceil(slow.line.messages / ROUNDS) - 1;
    const chain = Math.max(2, rounds) * LATENCY_MS;
    const ratio = ms / chain;
    return {
      name: `Collect with ${LATENCY_MS} ms before each answer, against the slowest source's own chain`,
      measured: `${ratio.toFixed(2)} × (${ms.toFixed(0)} ms against ${chain} ms, LDAP's ${rounds} requests)`,
      limit: `${MAX_RATIO} ×`,
      isWithin: ratio <= MAX_RATIO,
    };
  } finally {
    slow.server.close();
    await sandbox.close();
  }
}

async function timeOfPlan(environment: Readonly<Record<string, string>>): Promise<number> {
  const startedAt = performance.now();
  const { report } = await runJob(
    growthbookRoles,
    { dryRun: true },
    { environment, clock: systemClock, log: { write: () => undefined }, known: knownSettings },
  );
  if (report.exitCode !== 0)
    throw new Error(`bench: the plan ended with ${report.exitCode}: ${report.error}`);
  return performance.now() - startedAt;
}

const MIN_SHARE = 95;
const WRITES = 300;
const PER_MINUTE = 60;

/** 300 writes at 60 requests a minute: how many of the requests that the limit allows are made, on a clock that jumps over pauses. */
export async function benchApply(): Promise<BenchRow> {
  const clock = jumpingClock();
  const lines: string[] = [];
  const members = Array.from({ length: WRITES }, (_, n) => ({
    id: `u_m${n}`,
    role: 'engineer',
    email: `m${n}@example.org`,
  }));
  const content = { ...growthBookContent, members: [...growthBookContent.members, ...members] };
  const sandbox = await startGrowthBookSandbox({ content, now: clock.now });
  try {
    const { report } = await runJob(
      growthbookRoles,
      { dryRun: false },
      {
        environment: {
          ...sandbox.environment,
          MODE: 'enforce',
          SAFETY_MAX_COUNT: '1000',
          SYNC_DEADLINE_SECONDS: '1700',
          LOG_LEVEL: 'debug',
        },
        clock,
        log: { write: (line) => void lines.push(line) },
        known: knownSettings,
      },
    );
    if (report.exitCode !== 0)
      throw new Error(`bench: the run ended with ${report.exitCode}: ${report.error}`);
    const { requests } = sandbox.growthbook;
    const times = requests.map(({ at }) => at);
    const minutes = (Math.max(...times) - Math.min(...times)) / 60_000;
    const allowed = (Math.floor(minutes) + 1) * PER_MINUTE;
    const share = (100 * requests.length) / allowed;
    const refused = lines.filter((line) => line.includes('"status":429')).length;
    return {
      name: `Apply of ${WRITES} writes: requests made, of those that ${PER_MINUTE} a minute allow`,
      measured: `${share.toFixed(0)} % (${requests.length} of ${allowed}), ${refused} answered with 429`,
      limit: `${MIN_SHARE} %, no 429`,
      isWithin: share >= MIN_SHARE && refused === 0,
    };
  } finally {
    await sandbox.close();
  }
}
