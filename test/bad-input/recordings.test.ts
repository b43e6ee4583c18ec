import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { environmentOf, readRecording } from '../../src/app/recording-file.ts';
import { runJob } from '../../src/app/run-job.ts';
import type { Recording } from '../../src/engine/recording.ts';
import { gitlabApprovals } from '../../src/jobs/gitlab-approvals/job.ts';
import { growthbookRoles } from '../../src/jobs/growthbook-roles/job.ts';
import { knownSettings } from '../../src/jobs/registry.ts';
import { InvalidRequestError } from '../../src/platform/errors.ts';
import { emptyFolder } from '../muster.ts';
import { stillClock } from '../sandbox/clock.ts';
import { gitlabExample } from '../sandbox/gitlab/example.ts';
import { startScenario as startGitlabScenario } from '../scenarios/gitlab.ts';
import { startScenario } from '../scenarios/growthbook.ts';
import { reordered, textMutantsOf } from './mutants.ts';

const JOBS = { 'growthbook-roles': growthbookRoles, 'gitlab-approvals': gitlabApprovals };
type JobName = keyof typeof JOBS;

/** Plans from a recording, as `plan --facts` does. */
const planFrom = (job: JobName, recording: Recording, record = false) =>
  runJob(
    JOBS[job],
    { dryRun: true, recording, record },
    {
      environment: environmentOf(recording),
      clock: stillClock(),
      log: { write: () => undefined },
      known: knownSettings,
    },
  );

/** A recording of a few people: every list has one entry at most. It is read again, so that it is what `record` writes. */
async function smallRecording(job: JobName): Promise<Recording> {
  const scenario =
    job === 'growthbook-roles' ? await startScenario() : await startGitlabScenario(gitlabExample);
  try {
    const { recording } = await scenario.run({ dryRun: true, record: true });
    if (!recording) throw new Error('nothing was recorded');
    const { checksum: _, ...rest } = recording;
    const small = short(rest) as Recording;
    const dns = (small.facts as { people: readonly { dn: string }[] }).people.map(({ dn }) => dn);
    const facts = JSON.parse(JSON.stringify(small.facts), (key, value) =>
      key === 'membersOf'
        ? mapValues(value, (names) => names.filter((name) => !name.includes('=') || dns.includes(name)))
        : value,
    );
    const again = await planFrom(job, { ...small, facts }, true);
    if (!again.recording) throw new Error(`the small recording is refused: ${again.report.error}`);
    return again.recording;
  } finally {
    await scenario.close();
  }
}

const mapValues = (
  value: Readonly<Record<string, readonly string[]>>,
  change: (names: readonly string[]) => readonly string[],
) => Object.fromEntries(Object.entries(value).map(([key, names]) => [key, change(names)]));

function short(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(short);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, short(one)]));
}

const isClear = (message: string) => /found .*(allowed|record with)/s.test(message) && message.length < 3000;

test.each(['growthbook-roles', 'gitlab-approvals'] as const)(
  'a recording of %s with one place spoilt is refused with what was found and what is allowed',
  async (job) => {
    const recording = await smallRecording(job);
    const path = join(emptyFolder(), 'facts.json');
    const read = (text: string): Recording => {
      writeFileSync(path, text);
      return readRecording(path, job);
    };
    expect(read(JSON.stringify(reordered(recording)))).toEqual(read(JSON.stringify(recording)));
    const mutants = textMutantsOf(recording).filter(
      ({ path: place, how }) => !(place === '' && how === 'without checksum'),
    );
    const wrong = mutants.flatMap(({ path: place, how, text }) => {
      try {
        return JSON.stringify(read(text)) === JSON.stringify(recording) ? [] : [`${place}: ${how}: is taken`];
      } catch (error) {
        return error instanceof InvalidRequestError && isClear(error.message)
          ? []
          : [`${place}: ${how}: ${error}`];
      }
    });
    expect(wrong.slice(0, 20)).toEqual([]);
    expect(mutants.length).toBeGreaterThan(500);
  },
  120_000,
);

test.each(['growthbook-roles', 'gitlab-approvals'] as const)(
  'a recording of %s without a checksum and with one place spoilt gives a plan or a clear error, and nothing unexpected',
  async (job) => {
    const { checksum: _, ...recording } = await smallRecording(job);
    const path = join(emptyFolder(), 'facts.json');
    const unclear: string[] = [];
    for (const [index, { path: place, how, text }] of textMutantsOf(recording).entries()) {
      if (index % 3 > 0) continue;
      writeFileSync(path, text);
      try {
        const { report } = await planFrom(job, readRecording(path, job));
        const { outcome, error } = report;
        const isFine = outcome.startsWith('invalid') ? isClear(error ?? '') : outcome !== 'failed';
        if (!isFine) unclear.push(`${place}: ${how}: ${outcome}: ${error}`);
      } catch (error) {
        if (!(error instanceof InvalidRequestError && isClear(error.message)))
          unclear.push(`${place}: ${how}: ${error}`);
      }
    }
    expect(unclear.slice(0, 20)).toEqual([]);
  },
  300_000,
);
