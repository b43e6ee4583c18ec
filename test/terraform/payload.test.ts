import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EVENTS } from '../../src/engine/log-events.ts';
import { capturedLines, entryOf } from './lines.ts';

const word = z.string().min(1);
const numbers = z.record(z.string(), z.number().int());

/** Cloud Logging's own fields. Source: cloud.google.com/logging/docs/structured-logging. */
const reserved = z.object({
  severity: z.enum(['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL']),
  timestamp: z.iso.datetime({ precision: 3 }),
  trace: z
    .string()
    .regex(/^projects\/[^/]+\/traces\/[0-9a-f]{32}$/)
    .optional(),
  spanId: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .optional(),
  traceSampled: z.boolean().optional(),
  labels: z.record(z.string(), z.string()).optional(),
});

const common = z.object({ job: word, sync_run_id: word, event: word, message: word });

const decision = common.extend({
  account: word,
  label: word,
  kind: z.enum([
    'revoke',
    'downgrade',
    'upgrade',
    'grant',
    'approve',
    'unchanged',
    'skipped',
    'pending-sign-in',
    'undecided',
  ]),
  result: z.enum(['planned', 'applied', 'withheld', 'failed', 'unchanged']).nullable(),
  rule: z.number().int().nullable(),
  groups: z.array(word),
  from: z.unknown(),
  to: z.unknown(),
});

const completed = common.extend({
  mode: z.enum(['observe', 'enforce']),
  dryRun: z.boolean(),
  outcome: word,
  exitCode: z.number().int().min(0).max(6),
  durationMs: z.number().int().min(0),
  counts: numbers,
  headRoom: z.partialRecord(z.enum(['revokes', 'downgrades', 'gains', 'highest', 'approvals']), z.number()),
  gauges: z.partialRecord(z.enum(['seatsInUse', 'accountsPending']), z.number()),
  calls: z.record(z.string(), numbers),
});

const PAYLOADS: Readonly<Record<string, z.ZodType>> = {
  [EVENTS.decision]: decision,
  [EVENTS.runCompleted]: completed,
  [EVENTS.writeRepeated]: common.extend({ account: word }),
};

const lines = await capturedLines();
const entries = lines.map((line) => entryOf(line, `muster-${String(line.job)}`));
const payloads = entries.map((entry) => entry.jsonPayload as Readonly<Record<string, unknown>>);

describe('log lines as Cloud Logging takes them', () => {
  it('carry a severity, a time and, where there is one, a trace in the forms that are recognised', () => {
    for (const entry of entries) expect(reserved.safeParse(entry).error?.message).toBeUndefined();
  });

  it('keep under no name that Cloud Logging would take for something else', () => {
    const taken = ['httpRequest', 'timestamp', 'timestampSeconds', 'timestampNanos'];
    for (const payload of payloads)
      for (const name of Object.keys(payload)) {
        expect(taken).not.toContain(name);
        expect(name).not.toMatch(/^logging\.googleapis\.com\//);
      }
  });

  it('fit into one entry of 256 KiB and on one line', () => {
    for (const line of lines) {
      expect(JSON.stringify(line)).not.toContain('\n');
      expect(Buffer.byteLength(JSON.stringify(line))).toBeLessThan(256 * 1024);
    }
  });

  it('name their job and their run', () => {
    for (const payload of payloads) expect(common.safeParse(payload).error?.message).toBeUndefined();
  });

  it.each(Object.entries(PAYLOADS))('have every promised field: %s', (event, shape) => {
    const found = payloads.filter((payload) => payload.event === event);
    expect(found.length).toBeGreaterThan(0);
    for (const payload of found) expect(shape.safeParse(payload).error?.message).toBeUndefined();
  });

  it('have one constant message for each event', () => {
    for (const event of Object.values(EVENTS)) {
      const messages = payloads.filter((payload) => payload.event === event).map(({ message }) => message);
      expect(new Set(messages).size).toBe(1);
    }
  });

  it('are severe where a person is needed', () => {
    for (const { severity, jsonPayload } of entries) {
      const { event, exitCode, outcome, kind } = jsonPayload as Record<string, unknown>;
      if (event === EVENTS.writeRepeated) expect(severity).toBe('WARNING');
      if (event === EVENTS.decision) expect(severity).toBe(kind === 'unchanged' ? 'DEBUG' : 'INFO');
      if (event !== EVENTS.runCompleted) continue;
      const calm = exitCode === 0 || exitCode === 5;
      expect(severity).toBe(outcome === 'refused' ? 'CRITICAL' : calm ? 'INFO' : 'ERROR');
    }
  });
});
