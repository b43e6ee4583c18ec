import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { acquireLease, type HeldLease, type Lease, peekLease } from '../../src/platform/lease.ts';
import { openLeaseFolder } from '../../src/platform/lease-file.ts';
import { testRun } from '../fixtures.ts';

const SECONDS = 330;
const CONTENDER = new URL('../sandbox/lease-contender.ts', import.meta.url).pathname;

let folder: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-lock-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

const store = () => openLeaseFolder({ folder, name: 'a-job' });
const take = (id: string) => acquireLease(store(), { holder: id, seconds: SECONDS }, testRun({ id }));
async function taken(id: string): Promise<Lease> {
  const lease = await take(id);
  if ('heldBy' in lease) throw new Error(`held by ${lease.heldBy}`);
  return lease;
}
const isLease = (one: Lease | HeldLease): one is Lease => 'release' in one;
const pathOf = (generation: number) => join(folder, `a-job.${generation}.lock`);
/** Makes a lease look as if it had been written so many seconds ago. */
const age = (generation: number, seconds: number) => {
  const then = Date.now() / 1000 - seconds;
  utimesSync(pathOf(generation), then, then);
};
/** Changes what is known of the holder's process. */
const changeProcess = (generation: number, over: Readonly<Record<string, unknown>>) => {
  const content = JSON.parse(readFileSync(pathOf(generation), 'utf8'));
  writeFileSync(pathOf(generation), JSON.stringify({ ...content, process: { ...content.process, ...over } }));
};

/** A process that asks for the lease, and what it says. */
async function contend(id: string): Promise<{ readonly child: ChildProcess; readonly said: string }> {
  const child = spawn(process.execPath, [CONTENDER, folder, id], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, said: `${line}`.trim() };
}

describe('a lease in a folder', () => {
  test('is one contender’s of twenty', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, (_, n) => take(`run-${n}`)));
    expect(all.filter(isLease)).toHaveLength(1);
  });

  test('is acquired by one process of six each time, and by none while it is held', async () => {
    for (let round = 0; round < 3; round += 1) {
      const all = await Promise.all(Array.from({ length: 6 }, (_, n) => contend(`run-${round}-${n}`)));
      const winners = all.filter(({ said }) => said === 'taken');
      expect(winners).toHaveLength(1);
      expect(await take('late')).toEqual({ heldBy: expect.stringMatching(`^run-${round}-`) });
      for (const { child } of all) child.stdin?.end();
      await Promise.all(all.map(({ child }) => child.exitCode ?? once(child, 'exit')));
    }
  }, 30_000);

  test('of a process that was killed is taken over at once, by one of six processes', async () => {
    const { child, said } = await contend('killed');
    expect([said, await take('other')]).toEqual(['taken', { heldBy: 'killed' }]);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const all = await Promise.all(Array.from({ length: 6 }, (_, n) => contend(`run-${n}`)));
    expect(all.filter((one) => one.said === 'taken')).toHaveLength(1);
  }, 30_000);

  test('that is over by the clock of the file system is taken over by one contender of twenty', async () => {
    await taken('slow');
    age(1, SECONDS - 5);
    expect(await take('early')).toEqual({ heldBy: 'slow' });
    age(1, SECONDS + 1);
    const all = await Promise.all(Array.from({ length: 20 }, (_, n) => take(`run-${n}`)));
    expect(all.filter(isLease)).toHaveLength(1);
  });

  test('of a process whose id a later process has is taken over', async () => {
    await taken('first');
    changeProcess(1, { startedAt: '1' });
    expect(isLease(await take('second'))).toBe(true);
  });

  test.each([
    ['another machine or container', { space: 'elsewhere', pid: 2 ** 22 + 1 }],
    ['a system that does not say', undefined],
  ])('of a process of %s is held until its time is over', async (_, over) => {
    await taken('far');
    if (over) changeProcess(1, over);
    else writeFileSync(pathOf(1), JSON.stringify({ run: 'far', seconds: SECONDS }));
    expect(await take('other')).toEqual({ heldBy: 'far' });
    age(1, SECONDS + 1);
    expect(isLease(await take('other'))).toBe(true);
  });

  test('is not held by one from whom it was taken, who can’t give it back either', async () => {
    const first = await taken('first');
    await expect(first.stillHeld()).resolves.toBeUndefined();
    age(1, SECONDS + 1);
    const second = await taken('second');
    await expect(first.stillHeld()).rejects.toThrow("no longer this run's (found run second)");
    await first.release();
    await expect(second.stillHeld()).resolves.toBeUndefined();
    expect(await peekLease(store())).toBe('second');
  });

  test('is not taken by a contender that looked before another took it and gave it back', async () => {
    await (await taken('first')).release();
    const put = store().put('1', { run: 'slow', seconds: SECONDS });
    expect(await put).toBeUndefined();
    expect(await peekLease(store())).toBeUndefined();
  });

  test('that was given back can be taken at once, and leaves few files however often', async () => {
    for (let n = 0; n < 30; n += 1) await (await taken(`run-${n}`)).release();
    const files = readdirSync(folder);
    expect(files.length).toBeLessThanOrEqual(9);
    expect(files).toContain('a-job.30.lock');
  });

  test('is of one job: another’s and foreign files in the folder are left alone', async () => {
    await taken('first');
    const other = openLeaseFolder({ folder, name: 'a-job-2' });
    writeFileSync(join(folder, 'a-job.x.lock'), 'not ours');
    expect(isLease(await acquireLease(other, { holder: 'x', seconds: SECONDS }, testRun()))).toBe(true);
    expect(await take('second')).toEqual({ heldBy: 'first' });
  });

  test('leaves no temporary file, and removes those of a process that was killed', async () => {
    const left = join(folder, 'a-job.00000000-0000-4000-8000-000000000000.tmp');
    writeFileSync(left, '');
    utimesSync(left, 1, 1);
    await (await taken('first')).release();
    expect(readdirSync(folder)).toEqual(['a-job.1.lock']);
  });

  test.each([
    ['broken', '{'],
    ['of another form', '{"run":1}'],
    ['huge', ' '.repeat(5000)],
  ])('in a file that is %s is nobody’s to take, and the message names the file', async (_, text) => {
    writeFileSync(pathOf(1), text);
    await expect(take('run')).rejects.toThrow(/^lease: the folder .*a-job\.1\.lock is /);
  });

  test('in a folder that is not there is an error', async () => {
    const nowhere = openLeaseFolder({ folder: join(folder, 'nowhere'), name: 'a-job' });
    await expect(peekLease(nowhere)).rejects.toThrow(/nowhere can't be used: .*ENOENT/);
  });
});
