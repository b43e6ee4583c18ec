/** Keeps the report of each run, and reads kept reports. */

import { z } from 'zod';
import type { Run } from '../engine/run-types.ts';
import type { CommonValues } from '../jobs/common-settings.ts';
import { createDeadline } from '../platform/clock.ts';
import { InvalidRequestError, messageOf } from '../platform/errors.ts';
import { createConcurrencyLimit } from '../platform/http-client.ts';
import { errorFields } from '../platform/log.ts';
import type { ObjectStore } from '../platform/object-store.ts';
import { openStore } from '../platform/open-store.ts';
import { REPORT_FORMAT, type Report, type UnchangedAccount } from '../reports/report.ts';

/** Time limit for storing one report, also when the run's own time is up. After a request to stop it is shorter. */
const KEEP_MS = 15_000;
const KEEP_STOPPING_MS = 4000;
const AT_ONCE = 4;

/** The store of reports; undefined where none are kept. */
export function reportStore(settings: CommonValues, run: Run): ObjectStore | undefined {
  if (settings.REPORTS === undefined) return undefined;
  const { STORAGE_EMULATOR_HOST: storage, GCE_METADATA_HOST: host } = settings;
  return openStore(settings.REPORTS, { storage, metadata: `http://${host}` }, run);
}

/** A time as a part of a name, so that names sort by time: `20260601T120000.000Z`. */
const stamp = (time: string): string => time.replaceAll(/[-:]/g, '');

/** The name of a run's report, without its ending: reports of a job sort by time. */
export const reportName = ({ job, startedAt, id }: Pick<Report['run'], 'job' | 'startedAt' | 'id'>): string =>
  `${job}/${stamp(startedAt)}-${id}`;

/** A report to keep, and the unchanged accounts that its page also lists. */
export interface KeptReport {
  readonly report: Report;
  readonly unchanged: readonly UnchangedAccount[];
}

/**
 * Keeps a report as JSON and as a page, under its own name and as `latest`. Returns why that failed; a failure changes nothing of
 * the run. A run that was skipped leaves `latest` to the run that was at work.
 */
export async function keepReport(
  settings: CommonValues,
  { report, unchanged }: KeptReport,
  { run, isStopping }: { readonly run: Run; readonly isStopping: boolean },
): Promise<string | undefined> {
  const deadline = createDeadline(run.clock, isStopping ? KEEP_STOPPING_MS : KEEP_MS);
  try {
    const store = reportStore(settings, { ...run, deadline });
    if (!store) return undefined;
    const { renderReport, MEDIA_TYPES } = await import('../reports/render.ts');
    const texts = (['json', 'html'] as const).map((format) => ({
      ending: format,
      text: renderReport(report, format, { colour: false, unchanged }),
      type: `${MEDIA_TYPES[format]}; charset=utf-8`,
    }));
    const latest = report.outcome === 'skipped' ? [] : [`${report.run.job}/latest`];
    for (const name of [reportName(report.run), ...latest]) {
      for (const { ending, text, type } of texts)
        await store.put({ name: `${name}.${ending}`, text, type, mayReplace: latest.includes(name) });
    }
    return undefined;
  } catch (error) {
    run.log.error({ event: 'report.lost', ...errorFields(error) }, 'the report could not be kept');
    return messageOf(error);
  }
}

/** Names have the time of their run and its id: `20260601T120000.000Z-ID.json`. */
const NAME = /\/(\d{8}T\d{6}\.\d{3}Z)-([\w-]+)\.json$/;

/** Which reports are read: those from a time (milliseconds since 1970) on, or those of a run, by the beginning of its id. */
export type ReportQuery = { readonly since: number } | { readonly id: string };

/**
 * Reads the kept reports of a job, and returns of each what `pick` takes of it, in the order of time.
 * Throws `InvalidRequestError` where none are kept, or one of them is no report of the job.
 */
export async function readReports<T>(
  settings: CommonValues,
  { run, query }: { readonly run: Run; readonly query: ReportQuery },
  pick: (report: Report) => T,
): Promise<readonly T[]> {
  const store = storeOf(settings, run);
  const from = 'since' in query ? `${run.job}/${stamp(new Date(query.since).toISOString())}` : `${run.job}/`;
  const names = (await store.list(run.job, from)).filter((name) => {
    const [, , id = ''] = NAME.exec(name) ?? [];
    return id !== '' && ('since' in query || id.startsWith(query.id));
  });
  const limit = createConcurrencyLimit(AT_ONCE);
  return await Promise.all(
    names.map((name) => limit(async () => pick(parseReport(await store.get(name), name, run.job)))),
  );
}

/** The report of the latest run that was not skipped. Throws `InvalidRequestError` where none is kept. */
export async function readLatestReport(settings: CommonValues, run: Run): Promise<Report> {
  const store = storeOf(settings, run);
  const name = `${run.job}/latest.json`;
  const text = await textNamed(store, run.job, name);
  if (text === undefined) throw new InvalidRequestError('run latest: no report is kept');
  return parseReport(text, name, run.job);
}

/** The text of one object of a job; undefined where the store has none of that name. */
export async function textNamed(store: ObjectStore, job: string, name: string): Promise<string | undefined> {
  const names = await store.list(job, name);
  return names.includes(name) ? await store.get(name) : undefined;
}

/** Maximum number of reports that are read to find the latest run that changed something. */
const MAX_LOOKED_AT = 2000;

/** The report of the latest run that changed something. Throws `InvalidRequestError` where none of the last 2,000 did. */
export async function readLatestChange(settings: CommonValues, run: Run): Promise<Report> {
  const store = storeOf(settings, run);
  const names = (await store.list(run.job, `${run.job}/`)).filter((name) => NAME.test(name));
  for (const name of names.toReversed().slice(0, MAX_LOOKED_AT)) {
    const report = parseReport(await store.get(name), name, run.job);
    if (report.changes.some(({ result }) => result === 'applied')) return report;
  }
  throw new InvalidRequestError(
    `run latest: no run that changed something is kept (found ${Math.min(names.length, MAX_LOOKED_AT)} others)`,
  );
}

function storeOf(settings: CommonValues, run: Run): ObjectStore {
  const store = reportStore(settings, run);
  if (store) return store;
  throw new InvalidRequestError(
    'no reports are kept (found no REPORTS, allowed: a folder, or gs://bucket/prefix)',
  );
}

const Stored = z.lazy(() =>
  z.object({
    format: z.literal(REPORT_FORMAT),
    run: z.object({ id: z.string().min(1), job: z.string(), startedAt: z.iso.datetime() }),
    target: z.record(z.string(), z.string()).nullable(),
    outcome: z.string(),
    summary: z.object({ sentence: z.string() }),
    changes: z.array(
      z.object({
        account: z.string(),
        project: z.string().optional(),
        label: z.string(),
        kind: z.string(),
        move: z.string(),
        because: z.string(),
        result: z.string(),
        environments: z.array(z.string()).optional(),
      }),
    ),
  }),
);

function parseReport(text: string, name: string, job: string): Report {
  const value = jsonIn(text);
  const parsed = Stored.safeParse(value);
  if (!parsed.success || parsed.data.run.job !== job)
    throw new InvalidRequestError(`reports: ${name} is not a report of ${job}`);
  return value as Report;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
