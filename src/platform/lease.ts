import { z } from 'zod';
import { createDeadline } from './clock.ts';
import { StopError } from './errors.ts';
import { googleToken } from './google-token.ts';
import type { HttpAnswer } from './http-answer.ts';
import { jsonOf } from './http-answer.ts';
import { createHttpClient, type HttpSystem, type RequestContext, type Send } from './http-client.ts';

/** Where leases are kept: one object for each job in a Cloud Storage bucket, good for `seconds` from its creation. */
export interface LeaseSettings {
  readonly bucket: string;
  /** The object's name in the bucket. */
  readonly object: string;
  /** The id of the run that asks for the lease. */
  readonly holder: string;
  readonly seconds: number;
  /** Cloud Storage and the metadata server, or what stands in for them. */
  readonly storage: string;
  readonly metadata: string;
}

/** The right to be the one enforcing run of a job. */
export interface Lease {
  /** Throws `StopError` where the lease is over or another's. */
  stillHeld(): Promise<void>;
  /** Gives it back; says in the log where that fails, since it then ends by itself. */
  release(): Promise<void>;
}

/** A lease that another run holds. */
export interface HeldLease {
  readonly heldBy: string;
}

const Content = z.object({ run: z.string(), seconds: z.number().positive() });
const Stored = z.object({ generation: z.string().regex(/^\d+$/) });
const RELEASE_MS = 10_000;
/** `Date` and `Last-Modified` have whole seconds; a holder stops this much before another may begin. */
const MARGIN_MS = 2000;

/** Takes the job's lease: creates its object if there is none, or takes over one that is over. Ages are by the server's clock on both sides, so that skew does not count. Throws where the bucket can't be asked. */
export async function acquireLease(settings: LeaseSettings, run: RequestContext): Promise<Lease | HeldLease> {
  const bucket = await openBucket(settings, run);
  for (let tries = 0; tries < 3; tries += 1) {
    const begun = run.clock.monotonic();
    const created = await bucket.put('0');
    if (created) return leaseOf(bucket, { generation: created, begun, seconds: settings.seconds, run });
    const found = await bucket.read();
    if (!found) continue;
    if (found.run === settings.holder) return leaseOf(bucket, { ...found, begun, run });
    if (found.ageMs < found.seconds * 1000) return { heldBy: found.run };
    const again = run.clock.monotonic();
    const taken = await bucket.put(found.generation);
    if (taken) return leaseOf(bucket, { generation: taken, begun: again, seconds: settings.seconds, run });
  }
  return { heldBy: 'one of several contenders' };
}

/** The run that holds the lease now; undefined where nobody does. Throws where the bucket can't be asked. */
export async function peekLease(settings: LeaseSettings, run: RequestContext): Promise<string | undefined> {
  const found = await (await openBucket(settings, run)).read();
  return found && found.ageMs < found.seconds * 1000 ? found.run : undefined;
}

interface Holding {
  readonly generation: string;
  readonly begun: number;
  readonly seconds: number;
  readonly run: RequestContext;
}

function leaseOf(bucket: Bucket, { generation, begun, seconds, run }: Holding): Lease {
  return {
    stillHeld: async () => {
      const past = run.clock.monotonic() - begun;
      const allowed = seconds * 1000 - MARGIN_MS;
      if (past >= allowed) {
        throw new StopError(`lease: over before the run was (found ${past} ms, allowed ${allowed})`);
      }
      const found = await bucket.read();
      if (found?.generation === generation) return;
      throw new StopError(`lease: no longer this run's (found ${found ? `run ${found.run}` : 'none'})`);
    },
    release: async () => {
      try {
        await bucket.remove(generation);
      } catch (error) {
        run.log.warn({ event: 'lease.kept', error: String(error) }, 'the lease could not be given back');
      }
    },
  };
}

/** One job's object; generations are preconditions, so that of many writers one succeeds. */
interface Bucket {
  /** The new generation, or undefined where the present one is not `generation`. */
  put(generation: string): Promise<string | undefined>;
  read(): Promise<{ run: string; seconds: number; generation: string; ageMs: number } | undefined>;
  remove(generation: string): Promise<void>;
}

async function openBucket(settings: LeaseSettings, run: RequestContext): Promise<Bucket> {
  const { object } = settings;
  const path = `/storage/v1/b/${encodeURIComponent(settings.bucket)}/o/${encodeURIComponent(object)}`;
  const system: HttpSystem = {
    name: 'lease',
    root: settings.storage,
    headers: { authorization: `Bearer ${await googleToken(settings.metadata, run)}` },
    writes: () => false,
  };
  const send = createHttpClient(system, { ...run, deadline: run.deadline.finishing() });
  return {
    put: async (generation) => {
      const answer = await send({
        method: 'POST',
        path: `/upload${path.replace(/\/[^/]+$/, '')}`,
        query: { uploadType: 'media', name: object, ifGenerationMatch: generation },
        json: { run: settings.holder, seconds: settings.seconds },
        retries: 3,
      });
      return answer.status === 412 ? undefined : expected(answer, Stored).generation;
    },
    read: async () => {
      const answer = await send({ method: 'GET', path, query: { alt: 'media' } });
      return answer.status === 404 ? undefined : { ...expected(answer, Content), ...circumstances(answer) };
    },
    remove: async (generation) => {
      const late = { ...run, deadline: createDeadline(run.clock, RELEASE_MS) };
      await discard(createHttpClient(system, late), path, generation);
    },
  };
}

async function discard(send: Send, path: string, generation: string): Promise<void> {
  const answer = await send({ method: 'DELETE', path, query: { ifGenerationMatch: generation }, retries: 2 });
  if ([204, 404, 412].includes(answer.status)) return;
  throw new Error(`${answer.where}: refused (found ${answer.status}, allowed 204)`);
}

function expected<S extends z.ZodType>(answer: HttpAnswer, schema: S): z.infer<S> {
  const parsed = answer.status === 200 ? schema.safeParse(jsonOf(answer)) : undefined;
  if (parsed?.success) return parsed.data;
  throw new Error(`${answer.where}: not what a lease needs (found ${answer.status}, allowed 200)`);
}

/** The object's generation, and its age by the server's own clock: `Last-Modified` against `Date`. */
function circumstances({ headers, where }: HttpAnswer): { generation: string; ageMs: number } {
  const generation = headers['x-goog-generation'];
  const ageMs = Date.parse(String(headers.date)) - Date.parse(String(headers['last-modified']));
  if (typeof generation !== 'string' || Number.isNaN(ageMs))
    throw new Error(`${where}: no generation or no dates`);
  return { generation, ageMs };
}
