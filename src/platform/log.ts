import pino from 'pino';
import { messageOf } from './errors.ts';
import { safeJson } from './printable.ts';
import { createRedactor } from './redact.ts';

/** One JSON object a line, in Cloud Logging's field names; `message` is a constant sentence, facts are fields. */
export type Log = pino.Logger;

const SEVERITY: Readonly<Record<string, string>> = {
  trace: 'DEBUG',
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARNING',
  error: 'ERROR',
  fatal: 'CRITICAL',
};

/** The destination of lines: a file descriptor (1 is stdout, 2 is stderr) or a function of lines. */
export type LogSink = 1 | 2 | { write(line: string): void };

let isFailing = false;

/** Makes the process end with exit code 1 instead of 0. */
export function failAtTheEnd(): void {
  if (isFailing) return;
  isFailing = true;
  process.on('exit', () => {
    process.exitCode ||= 1;
  });
}

const streams = new Map<1 | 2, pino.DestinationStream>();

/**
 * A reader that closes the pipe, as `head` does, does not end the run. Neither does a full disk: a run never ends between two writes
 * for want of a log. The process then ends with 1.
 */
function destinationTo(descriptor: 1 | 2): pino.DestinationStream {
  const stream = pino.destination({ dest: descriptor, sync: true });
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') failAtTheEnd();
  });
  return stream;
}

function streamTo(descriptor: 1 | 2): pino.DestinationStream {
  const stream = streams.get(descriptor) ?? destinationTo(descriptor);
  streams.set(descriptor, stream);
  return stream;
}

/**
 * A log that writes each line at once, so that none is lost when the process is killed. `level` is pino's.
 * No line has one of the secrets, or a character that controls a terminal.
 */
export function createLog(sink: LogSink, level: string, secrets: readonly string[] = []): Log {
  const stream = typeof sink === 'number' ? streamTo(sink) : sink;
  const redactor = createRedactor(secrets);
  const destination = { write: (line: string) => void stream.write(safeJson(redactor.text(line))) };
  return pino(
    {
      base: null,
      level,
      messageKey: 'message',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ severity: SEVERITY[label] ?? 'DEFAULT' }) },
    },
    destination,
  );
}

/** An error as fields; `stack_trace` is what Error Reporting groups by. */
export function errorFields(error: unknown): { error: string; stack_trace?: string } {
  const stack = error instanceof Error ? error.stack : undefined;
  return { error: messageOf(error), ...(stack === undefined ? {} : { stack_trace: stack }) };
}

/** The trace that a request belongs to, from `X-Cloud-Trace-Context` or `traceparent`, as Cloud Logging joins it. */
export function traceFields(
  header: (name: string) => string | undefined,
  project: string | undefined,
): Record<string, string | boolean> {
  if (!project) return {};
  const cloud = /^([0-9a-f]{32})(?:\/(\d+))?(?:;o=(\d))?$/i.exec(header('x-cloud-trace-context') ?? '');
  const w3c = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/i.exec(header('traceparent') ?? '');
  const trace = w3c?.[1] ?? cloud?.[1];
  if (!trace) return {};
  const span = w3c?.[2] ?? (cloud?.[2] ? BigInt(cloud[2]).toString(16).padStart(16, '0') : undefined);
  const sampled = w3c ? (Number.parseInt(w3c[3] ?? '0', 16) & 1) === 1 : cloud?.[3] === '1';
  return {
    'logging.googleapis.com/trace': `projects/${project}/traces/${trace}`,
    ...(span ? { 'logging.googleapis.com/spanId': span } : {}),
    'logging.googleapis.com/trace_sampled': sampled,
  };
}
