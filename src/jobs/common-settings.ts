import { headerText, host, storePlace, word } from '../platform/setting-kinds.ts';
import { httpUrl, integer, noQuery, oneOf, optional, text, type Values } from '../platform/settings.ts';

/** The settings that every job has. `seconds` is the default of the deadline. */
export const commonSettings = (seconds: number) => ({
  MODE: oneOf('observe', 'enforce')('`observe` never writes; `enforce` lets a `POST` write', 'observe'),
  SYNC_DEADLINE_SECONDS: integer(1, 1700)('time limit of a run, in seconds', `${seconds}`),
  LOG_LEVEL: oneOf(
    'trace',
    'debug',
    'info',
    'warn',
    'error',
  )('lowest severity that is logged; `trace` adds the type and the size of each answer', 'info'),
  GOOGLE_CLOUD_PROJECT: optional(text, 'project of the traces that log lines belong to'),
  USER_AGENT: headerText(
    '`User-Agent` header of all requests, to which the version is added; Wikimedia asks for a contact address in it',
    'muster',
  ),
  LEASE_BUCKET: optional(
    word,
    'a Cloud Storage bucket; its object `JOB.json` lets one enforcing run work at a time',
  ),
  LOCK_DIR: optional(
    text,
    'the same lock without Google Cloud: an existing folder that all runs share, with a file for each job',
  ),
  LEASE_SECONDS: optional(integer(20, 7200), 'duration of a lease; by default 90 more than the deadline'),
  STORAGE_EMULATOR_HOST: httpUrl(noQuery)('URL of Cloud Storage', 'https://storage.googleapis.com'),
  GCE_METADATA_HOST: host('host of the metadata server', 'metadata.google.internal'),
  PUSHGATEWAY_URL: optional(httpUrl(noQuery), 'a Prometheus Pushgateway for the metrics of each run'),
  REPORTS: optional(
    storePlace,
    'where each run’s report is kept as JSON and as a page, below the job’s name: a folder, or `gs://bucket/prefix`',
  ),
  SKIPPED_EXIT_CODE: oneOf('5', '0')(
    'exit code of the command where another run is at work; `0` where a platform knows only success and failure',
    '5',
  ),
});
export type CommonSettings = ReturnType<typeof commonSettings>;
export type CommonValues = Values<CommonSettings>;

/** Errors between the settings that every job has. */
export const commonCrossChecks = (values: Partial<CommonValues>): readonly string[] => [
  ...leaseTooShort(values),
  ...(values.LEASE_BUCKET && values.LOCK_DIR
    ? ['LOCK_DIR: found together with LEASE_BUCKET, allowed: one of the two']
    : []),
];

function leaseTooShort({ LEASE_SECONDS, SYNC_DEADLINE_SECONDS }: Partial<CommonValues>): readonly string[] {
  if (LEASE_SECONDS === undefined || SYNC_DEADLINE_SECONDS === undefined) return [];
  const least = SYNC_DEADLINE_SECONDS + 20;
  if (LEASE_SECONDS >= least) return [];
  return [
    `LEASE_SECONDS: found "${LEASE_SECONDS}", allowed: at least ${least}, 20 more than SYNC_DEADLINE_SECONDS`,
  ];
}
