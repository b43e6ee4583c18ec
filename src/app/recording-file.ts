/** Makes the recording of what a run read, and reads a recording from its file. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { RECORDING_FORMAT, type Recording } from '../engine/recording.ts';
import type { RunState } from '../engine/run-state.ts';
import type { Run } from '../engine/run-types.ts';
import { commonSettings } from '../jobs/common-settings.ts';
import type { Job } from '../jobs/define-job.ts';
import { canonicalJson } from '../platform/canonical-json.ts';
import { InvalidRequestError, messageOf } from '../platform/errors.ts';
import { findValue } from '../platform/find-setting.ts';
import { foundAndAllowed, listErrors, wrongly } from '../platform/schema-faults.ts';
import type { Environment, SettingsSpec } from '../platform/settings.ts';
import { parseStrictJson } from '../platform/strict-json.ts';
import { VERSION } from '../platform/version.ts';

const RecordingShape = z.lazy(() =>
  z.strictObject({
    format: z.literal(RECORDING_FORMAT, wrongly('another format of recording', `${RECORDING_FORMAT}`)),
    kind: z.literal('muster-recording', wrongly('no recording', 'a file that record wrote')),
    run: z.strictObject({
      id: z.string().min(1),
      job: z.string(),
      startedAt: z.iso.datetime(),
      version: z.string(),
    }),
    target: z.record(z.string(), z.string()),
    settings: z.record(z.string(), z.string().nullable()),
    sources: z.array(
      z.strictObject({
        name: z.string(),
        entries: z.int().nonnegative(),
        version: z.string().nullable(),
        asOf: z.string().nullable(),
        durationMs: z.number().nonnegative(),
      }),
    ),
    notes: z.array(
      z.looseObject({
        kind: z.string(),
        account: z.string().nullable(),
        label: z.string(),
        because: z.string(),
      }),
    ),
    failures: z.array(z.string()),
    facts: z.json(),
    checksum: z
      .string()
      .regex(/^sha256:[0-9a-f]{64}$/)
      .optional(),
  }),
);

/** Maximum size of a recording's file in bytes: enough for some 500,000 people. */
const MAX_BYTES = 512 * 2 ** 20;
const MAX_ISSUES = 5;

/** Reads the recording of a job. Throws `InvalidRequestError` that names what is wrong in the file. */
export function readRecording(path: string, job: string): Recording {
  const parsed = RecordingShape.safeParse(jsonIn(path), { error: foundAndAllowed });
  if (!parsed.success) {
    const faults = listErrors(parsed.error, MAX_ISSUES, 'the file');
    throw new InvalidRequestError(`--facts: ${path}: ${faults.join('; ')}`);
  }
  const { data } = parsed;
  if (data.run.job !== job)
    throw new InvalidRequestError(
      `--facts: another job's recording (found ${data.run.job.slice(0, 100)}, allowed ${job})`,
    );
  return checkUnchanged(path, data as Recording);
}

function jsonIn(path: string): unknown {
  try {
    const bytes = readFileSync(path);
    if (bytes.length > MAX_BYTES)
      throw new Error(`too large (found ${bytes.length} bytes, allowed ${MAX_BYTES})`);
    return parseStrictJson(`--facts: ${path}`, bytes);
  } catch (error) {
    if (error instanceof InvalidRequestError) throw error;
    throw new InvalidRequestError(`--facts: ${path}: the file cannot be read (${messageOf(error)})`);
  }
}

/** The checksum of a recording: the same whatever the order of its keys. */
const checksumOf = ({ checksum: _, ...recording }: Recording): string =>
  `sha256:${createHash('sha256').update(canonicalJson(recording)).digest('hex')}`;

/** Throws `InvalidRequestError` for a recording that was changed after it was made: its plan is not the one of that run. */
function checkUnchanged(path: string, recording: Recording): Recording {
  const { checksum } = recording;
  const found = checksum === undefined ? undefined : checksumOf(recording);
  if (found === checksum) return recording;
  throw new InvalidRequestError(
    `--facts: ${path}: the recording was changed after it was made (found ${found}, allowed ${checksum})`,
  );
}

/** The recording of what a run read; undefined if none was asked for, or if not everything was read. */
export function recordingOf(
  { recorded }: RunState<unknown>,
  run: Run,
  { job, environment }: { readonly job: Job; readonly environment: Environment },
): Recording | undefined {
  if (!recorded) return undefined;
  const startedAt = new Date(run.startedAt).toISOString();
  const recording: Recording = run.redactor.value({
    format: RECORDING_FORMAT,
    kind: 'muster-recording',
    run: { id: run.id, job: run.job, startedAt, version: VERSION },
    target: recorded.target,
    settings: recordedSettings(job.settings, environment),
    sources: recorded.sources,
    notes: recorded.notes,
    failures: recorded.failures,
    facts: recorded.facts,
  });
  return { ...recording, checksum: checksumOf(recording) };
}

/** Settings that are not recorded: those of the connection decide nothing, and a path is of no use on another machine. */
const CONNECTION = [
  'LDAP_BIND_DN',
  'LDAP_BIND_PASSWORD',
  'LDAP_STARTTLS',
  'LDAP_CA_CERT_PATH',
  'LDAP_TLS_SERVER_NAME',
];
const FILE = /_POLICY_FILE$/;

/** The settings that decisions depend on, as text. For a policy's file, its content is recorded. */
function recordedSettings(
  spec: SettingsSpec,
  environment: Environment,
): Readonly<Record<string, string | null>> {
  const common = Object.keys(commonSettings(1));
  const names = Object.keys(spec).filter(
    (name) => name === 'MODE' || !(common.includes(name) || CONNECTION.includes(name)),
  );
  const given = names.flatMap((name): [string, string | null][] => {
    const setting = spec[name];
    const { text = '' } = setting ? findValue([name, setting], environment) : {};
    if (!setting || text === '') return [];
    if (setting.secret) return [[name, null]];
    return [FILE.test(name) ? [name.replace(/_FILE$/, ''), readFileSync(text, 'utf8')] : [name, text]];
  });
  return Object.fromEntries(given);
}

/** Replaces a secret: the plan is made offline, so no system is asked. */
const NOT_RECORDED = 'not-recorded';

/** The environment for making the recorded plan again. */
export const environmentOf = ({ settings }: Recording): Environment =>
  Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, value ?? NOT_RECORDED]));
