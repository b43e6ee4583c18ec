import { beforeEach, describe, expect } from 'vitest';
import type { Run } from '../../src/engine/run-types.ts';
import { acquireLease, type HeldLease, type Lease } from '../../src/platform/lease.ts';
import { openLeaseObject } from '../../src/platform/lease-object.ts';
import { testRun } from '../fixtures.ts';
import { type StillClock, stillClock } from '../sandbox/clock.ts';
import { startFramework } from '../sandbox/framework.ts';
import { type Storage, startStorage } from '../sandbox/storage.ts';
import { openScenario, type Scenario } from './growthbook.ts';
import { open, test } from './harness.ts';

let clock: StillClock;
let storage: Storage;
beforeEach(async () => {
  clock = stillClock();
  storage = await open(startStorage({ now: clock.now }));
});

const OBJECT = 'growthbook-roles.json';
const SECONDS = 330;

const runNamed = (id: string, own: StillClock = clock): Run =>
  testRun({ id, job: 'growthbook-roles', clock: own, seconds: 3600 });
const take = (id: string, own?: StillClock) => acquireFor(runNamed(id, own));
async function acquireFor(run: Run): Promise<Lease | HeldLease> {
  const place = { bucket: 'leases', object: OBJECT, storage: storage.origin, metadata: storage.origin };
  return await acquireLease(await openLeaseObject(place, run), { holder: run.id, seconds: SECONDS }, run);
}
const isLease = (one: Lease | HeldLease): one is Lease => 'release' in one;
async function taken(id: string, own?: StillClock): Promise<Lease> {
  const lease = await take(id, own);
  if (!isLease(lease)) throw new Error(`held by ${lease.heldBy}`);
  return lease;
}

describe('a lease', () => {
  test('is one contender’s of twenty', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, (_, n) => take(`run-${n}`)));
    expect(all.filter(isLease)).toHaveLength(1);
  });

  test('that is over is taken over by one contender of twenty', async () => {
    await taken('crashed');
    clock.advance(SECONDS * 1000);
    const all = await Promise.all(Array.from({ length: 20 }, (_, n) => take(`run-${n}`)));
    expect(all.filter(isLease)).toHaveLength(1);
  });

  test('is held for its whole time and names its holder', async () => {
    await taken('holder');
    clock.advance(SECONDS * 1000 - 1000);
    expect(await take('other')).toEqual({ heldBy: 'holder' });
  });

  test('that was given back can be taken at once', async () => {
    await (await taken('first')).release();
    expect(isLease(await take('second'))).toBe(true);
  });

  test('is checked before each write', async () => {
    await expect((await taken('holder')).stillHeld()).resolves.toBeUndefined();
  });

  test('is not held by a holder that slept past its end, taken over or not', async () => {
    const sleeper = await taken('sleeper');
    clock.advance(SECONDS * 1000 - 2000);
    await expect(sleeper.stillHeld()).rejects.toThrow('expired before the run ended');
    clock.advance(2000);
    await taken('other');
    await expect(sleeper.stillHeld()).rejects.toThrow('lease');
  });

  test('is not held by one from whom it was taken', async () => {
    const holder = await taken('holder');
    storage.objects.delete(OBJECT);
    await expect(holder.stillHeld()).rejects.toThrow('no longer this run');
    await taken('other');
    await expect(holder.stillHeld()).rejects.toThrow('found run other');
  });

  test('that another took over is not given back by the one who lost it', async () => {
    const sleeper = await taken('sleeper');
    clock.advance(SECONDS * 1000);
    const other = await taken('other');
    await sleeper.release();
    await expect(other.stillHeld()).resolves.toBeUndefined();
  });

  test.each([-3_600_000, 3_600_000])(
    'is measured by the server’s clock if a contender’s is %i ms off',
    async (skew) => {
      const skewed = stillClock(clock.now() + skew);
      await taken('holder');
      expect(isLease(await take('other', skewed))).toBe(false);
      clock.advance(SECONDS * 1000);
      expect(isLease(await take('other', skewed))).toBe(true);
    },
  );

  test('whose creation was answered by a lost answer is the run’s own', async () => {
    storage.addFault({ when: ({ method }) => method === 'POST', nth: 1, effect: { kind: 'lose' } });
    await expect((await taken('holder')).stillHeld()).resolves.toBeUndefined();
  });
});

describe('an enforcing run with a lease', () => {
  let scenario: Scenario;
  beforeEach(async () => {
    scenario = await openScenario();
  });

  test('takes it, asks before each write, and gives it back', async () => {
    const { report } = await scenario.run({}, storage.environment);
    expect(report.outcome).toBe('applied');
    expect(report.calls.lease).toMatchObject({ DELETE: 1, POST: 1, GET: 12 });
    expect(storage.objects.size).toBe(0);
  });

  test('is skipped with exit 5 while another holds it, and reads nothing', async () => {
    await taken('another');
    const { report } = await scenario.run({}, storage.environment);
    expect([report.outcome, report.exitCode]).toEqual(['skipped', 5]);
    expect(report.notes[0]?.because).toContain('another');
    expect(scenario.growthbook.requests).toEqual([]);
    expect(scenario.lines.filter(({ event }) => event === 'run.completed')).toHaveLength(1);
  });

  test('gives it back however long it took', async () => {
    scenario.growthbook.state.before = ({ method }) => method === 'POST' && scenario.clock.advance(11_000);
    const { report } = await scenario.run({}, storage.environment);
    expect([report.outcome, storage.objects.size]).toEqual(['applied', 0]);
  });

  test('that loses it stops before its next write, ends as failed and says so', async () => {
    scenario.growthbook.state.before = ({ path }) => {
      if (path.includes('/u_iris/')) storage.objects.delete(OBJECT);
    };
    const { report } = await scenario.run({}, storage.environment);
    expect([report.outcome, report.exitCode]).toEqual(['failed', 1]);
    expect(report.error).toContain('lease: no longer this run');
    expect(scenario.growthbook.writes).toHaveLength(3);
  });

  test('that can’t ask for it writes nothing', async () => {
    storage.addFault({ when: () => true, effect: { kind: 'answer', answer: { status: 403, body: {} } } });
    const { report } = await scenario.run({}, storage.environment);
    expect([report.outcome, report.run.mode, scenario.posts()]).toEqual(['failed', 'enforce', []]);
  });

  test('a crash in the middle keeps others out until the lease is over', async () => {
    await taken('crashed');
    expect((await scenario.run({}, storage.environment)).report.outcome).toBe('skipped');
    clock.advance(SECONDS * 1000);
    expect((await scenario.run({}, storage.environment)).report.outcome).toBe('applied');
  });

  test('a plan needs none', async () => {
    await scenario.run({ dryRun: true }, storage.environment);
    expect(storage.requests).toEqual([]);
  });

  test('without a bucket the report says what the only guard is', async () => {
    const { report } = await scenario.run();
    expect(report.notes).toContainEqual(expect.objectContaining({ kind: 'lease', label: 'LEASE_BUCKET' }));
  });

  test('of two functions started at once, each a process of its own, one applies and the other is skipped', async () => {
    const live = await startStorage();
    const environment = { ...scenario.environment, ...live.environment, MODE: 'enforce' };
    const servers = await Promise.all([1, 2].map(() => startFramework('growthbookRoles', environment)));
    try {
      const answers = await Promise.all(servers.map(({ origin }) => fetch(origin, { method: 'POST' })));
      const reports = await Promise.all(
        answers.map((answer) => answer.json() as Promise<{ outcome: string }>),
      );
      expect(reports.map(({ outcome }) => outcome).toSorted()).toEqual(['applied', 'skipped']);
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      expect(scenario.growthbook.writes).toHaveLength(12);
    } finally {
      await Promise.all([...servers, live].map((one) => one.close()));
    }
  });
});
