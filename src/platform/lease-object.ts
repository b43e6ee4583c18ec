/** Keeps a lease in an object of a Cloud Storage bucket. */

import { z } from 'zod';
import { createDeadline } from './clock.ts';
import { googleToken } from './google-token.ts';
import type { HttpAnswer } from './http-answer.ts';
import { jsonOf } from './http-answer.ts';
import { createHttpClient, type HttpSystem, type RequestContext, type Send } from './http-client.ts';
import { LeaseContent, type LeaseStore } from './lease.ts';

/** One object in a Cloud Storage bucket. */
export interface LeaseObject {
  readonly bucket: string;
  /** The object's name in the bucket. */
  readonly object: string;
  /** Cloud Storage and the metadata server, or what replaces them in tests. */
  readonly storage: string;
  readonly metadata: string;
}

const Stored = z.object({ generation: z.string().regex(/^\d+$/) });
const RELEASE_MS = 10_000;

/** Keeps a lease in Cloud Storage. Throws where there is no access token. */
export async function openLeaseObject(place: LeaseObject, run: RequestContext): Promise<LeaseStore> {
  const { object } = place;
  const path = `/storage/v1/b/${encodeURIComponent(place.bucket)}/o/${encodeURIComponent(object)}`;
  const system: HttpSystem = {
    name: 'lease',
    root: place.storage,
    headers: { authorization: `Bearer ${await googleToken(place.metadata, run)}` },
    writes: () => false,
  };
  const send = createHttpClient(system, { ...run, deadline: run.deadline.finishing() });
  return {
    put: async (generation, content) => {
      const answer = await send({
        method: 'POST',
        path: `/upload${path.replace(/\/[^/]+$/, '')}`,
        query: { uploadType: 'media', name: object, ifGenerationMatch: generation },
        json: content,
        retries: 3,
      });
      return answer.status === 412 ? undefined : expected(answer, Stored).generation;
    },
    read: async () => {
      const answer = await send({ method: 'GET', path, query: { alt: 'media' } });
      return answer.status === 404 ? undefined : { ...expected(answer, LeaseContent), ...metadataOf(answer) };
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
function metadataOf({ headers, where }: HttpAnswer): { generation: string; ageMs: number } {
  const generation = headers['x-goog-generation'];
  const ageMs = Date.parse(String(headers.date)) - Date.parse(String(headers['last-modified']));
  if (typeof generation !== 'string' || Number.isNaN(ageMs))
    throw new Error(`${where}: no generation or no dates`);
  return { generation, ageMs };
}
