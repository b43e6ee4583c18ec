import { z } from 'zod';
import { googleToken } from './google-token.ts';
import { type HttpAnswer, jsonOf, parseAs, textOf } from './http-answer.ts';
import { createHttpClient, type RequestContext, type Send } from './http-client.ts';
import type { ObjectStore, StoragePlaces } from './object-store.ts';

/** A store in Cloud Storage, by its JSON API: https://cloud.google.com/storage/docs/json_api/v1/objects */
export function bucketStore(place: BucketPlace, context: RequestContext): ObjectStore {
  const { bucket, prefix } = place;
  const path = `/storage/v1/b/${encodeURIComponent(bucket)}/o`;
  let connected: Promise<Send> | undefined;
  const send: Send = async (request) => {
    connected ??= connect(place, context);
    return await (await connected)(request);
  };
  const read = (name: string) =>
    send({
      method: 'GET',
      path: `${path}/${encodeURIComponent(`${prefix}${name}`)}`,
      query: { alt: 'media' },
      maxBytes: MAX_BYTES,
    });
  return {
    put: async ({ name, text, type, mayReplace }) => {
      const answer = await send({
        method: 'POST',
        path: `/upload${path}`,
        query: {
          uploadType: 'media',
          name: `${prefix}${name}`,
          ...(mayReplace ? {} : { ifGenerationMatch: '0' }),
        },
        headers: { 'content-type': type },
        text,
        retries: 3,
      });
      if (answer.status === 200) return;
      // The answer to an upload may be lost: its repeat finds the object there, and may not replace it.
      if ([403, 412].includes(answer.status)) {
        const kept = await read(name);
        if (kept.status === 200 && textOf(kept) === text) return;
      }
      throw refused(answer);
    },
    list: async (folder, from) => {
      const names = await listAll(send, path, {
        prefix: `${prefix}${folder}/`,
        startOffset: `${prefix}${from}`,
      });
      return names.map((name) => name.slice(prefix.length));
    },
    get: async (name) => {
      const answer = await read(name);
      if (answer.status !== 200) throw refused(answer);
      return textOf(answer);
    },
  };
}

/** A part of a bucket. `prefix` is empty, or ends with a slash. */
export interface BucketPlace extends StoragePlaces {
  readonly bucket: string;
  readonly prefix: string;
}

const MAX_BYTES = 64 * 2 ** 20;
const MAX_PAGES = 1000;
const Listing = z.object({
  items: z.array(z.object({ name: z.string() })).default([]),
  nextPageToken: z.string().optional(),
});

/** All names below a prefix, without those of deeper folders. */
async function listAll(
  send: Send,
  path: string,
  query: Readonly<Record<'prefix' | 'startOffset', string>>,
): Promise<readonly string[]> {
  const names: string[] = [];
  let next: { pageToken?: string } = {};
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await send({ method: 'GET', path, query: { ...query, delimiter: '/', ...next } });
    if (answer.status !== 200) throw refused(answer);
    const { items, nextPageToken } = parseAs(Listing, jsonOf(answer), answer.where);
    for (const { name } of items) names.push(name);
    if (nextPageToken === undefined) return names;
    next = { pageToken: nextPageToken };
  }
  throw new Error(`reports: the list does not end (found more than ${MAX_PAGES} pages)`);
}

const refused = ({ where, status }: HttpAnswer) =>
  new Error(`${where}: refused (found ${status}, allowed 200)`);

async function connect({ storage, metadata }: BucketPlace, context: RequestContext): Promise<Send> {
  const headers = { authorization: `Bearer ${await googleToken(metadata, context)}` };
  return createHttpClient({ name: 'reports', root: storage, headers, writes: () => false }, context);
}
