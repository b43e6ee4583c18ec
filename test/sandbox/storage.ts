import { type Answer, type Recorded, type SandboxServer, startServer } from './server.ts';

/** One object of a bucket. Generations only grow, over all objects. `body` is text, or bytes where it is no UTF-8. */
export interface StoredObject {
  readonly body: string | Buffer;
  readonly generation: string;
  /** In milliseconds since 1970. */
  readonly updated: number;
  readonly contentType?: string;
}

type Objects = Map<string, StoredObject>;

/**
 * Cloud Storage's JSON API and the metadata server at one address: upload (`uploadType=media`), download, metadata, delete and list, with
 * preconditions on generations, as https://cloud.google.com/storage/docs/json_api describes them. `objects` (the bucket of leases) and
 * `reports` are live.
 */
export interface Storage extends SandboxServer {
  readonly objects: Objects;
  readonly reports: Objects;
  /** What a process needs to find it. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The buckets that exist. */
export const LEASE_BUCKET = 'leases';
export const REPORTS_BUCKET = 'reports';

const TOKEN = 'ya29.sandbox';

/** Starts it. Its own clock is `now`, which need not be that of those who ask. */
export async function startStorage({ now = Date.now }: { now?: () => number } = {}): Promise<Storage> {
  const objects: Objects = new Map();
  const reports: Objects = new Map();
  const buckets = new Map([
    [LEASE_BUCKET, objects],
    [REPORTS_BUCKET, reports],
  ]);
  const counter = { last: 1_700_000_000_000_000 };
  const server = await startServer((request) => answerTo(request, { buckets, counter, now }), { now });
  return Object.assign(server, {
    objects,
    reports,
    environment: {
      LEASE_BUCKET,
      STORAGE_EMULATOR_HOST: server.origin,
      GCE_METADATA_HOST: new URL(server.origin).host,
    },
  });
}

interface Context {
  readonly buckets: ReadonlyMap<string, Objects>;
  readonly counter: { last: number };
  readonly now: () => number;
}

/** One bucket as a request meets it. */
interface Bucket {
  readonly name: string;
  readonly objects: Objects;
  readonly context: Context;
}

const json = (status: number, body: object, headers: Record<string, string> = {}): Answer => ({
  status,
  body,
  headers,
});
const failed = (status: number, message: string) => json(status, { error: { code: status, message } });
const UNMET = failed(412, 'At least one of the pre-conditions you specified did not hold.');

function answerTo(request: Recorded, context: Context): Answer {
  const { method, path, headers } = request;
  if (path === '/computeMetadata/v1/instance/service-accounts/default/token') {
    if (headers['metadata-flavor'] !== 'Google') return failed(403, 'Missing Metadata-Flavor:Google header.');
    return json(200, { access_token: TOKEN, expires_in: 3599, token_type: 'Bearer' });
  }
  if (headers.authorization !== `Bearer ${TOKEN}`) return failed(401, 'Invalid Credentials');
  const found = /^(\/upload)?\/storage\/v1\/b\/([^/]+)\/o(?:\/([^/]+))?$/.exec(path);
  if (!found) return failed(404, 'Not Found');
  const [, upload, bucketName = '', encoded] = found;
  const name = decodeURIComponent(bucketName);
  const objects = context.buckets.get(name);
  if (!objects) return failed(404, 'The specified bucket does not exist.');
  const bucket: Bucket = { name, objects, context };
  if (upload !== undefined) return method === 'POST' ? put(request, bucket) : failed(404, 'Not Found');
  if (encoded !== undefined) return objectAnswer(request, bucket, decodeURIComponent(encoded));
  return method === 'GET' ? list(request, bucket) : failed(404, 'Not Found');
}

function objectAnswer({ method, query }: Recorded, bucket: Bucket, name: string): Answer {
  const { objects, context } = bucket;
  const object = objects.get(name);
  if (!object) return failed(404, `No such object: ${bucket.name}/${name}`);
  if (method === 'DELETE') {
    if (misses(query, object)) return UNMET;
    objects.delete(name);
    return { status: 204, body: '' };
  }
  const dates = { date: httpDate(context.now()), 'last-modified': httpDate(object.updated) };
  if (query.get('alt') !== 'media') return json(200, entity(bucket, name, object), dates);
  const type = { 'content-type': object.contentType ?? 'application/octet-stream' };
  const headers = { ...dates, ...type, 'x-goog-generation': object.generation };
  return { status: 200, body: object.body, headers };
}

const httpDate = (ms: number) => new Date(ms).toUTCString();

/** What the API says of an object. */
const entity = (bucket: Bucket, name: string, { generation, updated, body, contentType }: StoredObject) => ({
  kind: 'storage#object',
  bucket: bucket.name,
  name,
  generation,
  size: String(Buffer.byteLength(body)),
  updated: new Date(updated).toISOString(),
  contentType: contentType ?? 'application/octet-stream',
});

/** A precondition of generation 0 holds where there is no object. */
function misses(query: URLSearchParams, object: StoredObject | undefined): boolean {
  const wanted = query.get('ifGenerationMatch');
  return wanted !== null && wanted !== (object?.generation ?? '0');
}

function put({ query, bytes, headers }: Recorded, bucket: Bucket): Answer {
  const { objects, context } = bucket;
  const name = query.get('name') ?? '';
  if (query.get('uploadType') !== 'media' || name === '') return failed(400, 'Bad Request');
  if (misses(query, objects.get(name))) return UNMET;
  context.counter.last += 1;
  const text = bytes.toString('utf8');
  const object: StoredObject = {
    body: Buffer.from(text).equals(bytes) ? text : bytes,
    generation: String(context.counter.last),
    updated: context.now(),
    ...(headers['content-type'] === undefined ? {} : { contentType: headers['content-type'] }),
  };
  objects.set(name, object);
  return json(200, entity(bucket, name, object));
}

const MOST_A_PAGE = 1000;

/** Objects by name in the order of their bytes, a page at a time; with a delimiter, what lies deeper only as a prefix. */
function list({ query }: Recorded, bucket: Bucket): Answer {
  const prefix = query.get('prefix') ?? '';
  const size = Math.min(Number(query.get('maxResults') ?? MOST_A_PAGE), MOST_A_PAGE);
  const after = Buffer.from(query.get('pageToken') ?? '', 'base64url').toString();
  const rows = [
    ...new Set([...bucket.objects.keys()].map((name) => shortened(name, prefix, query.get('delimiter')))),
  ]
    .filter((name) => name.startsWith(prefix) && isAfter(name, after))
    .filter((name) => !isAfter(query.get('startOffset') ?? '', name))
    .toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const page = rows.slice(0, size);
  const items = page.flatMap((name) => {
    const object = bucket.objects.get(name);
    return object ? [entity(bucket, name, object)] : [];
  });
  const prefixes = page.filter((name) => !bucket.objects.has(name));
  const last = rows.length > size ? page.at(-1) : undefined;
  return json(200, {
    kind: 'storage#objects',
    ...(last === undefined ? {} : { nextPageToken: Buffer.from(last).toString('base64url') }),
    ...(prefixes.length > 0 ? { prefixes } : {}),
    ...(items.length > 0 ? { items } : {}),
  });
}

const isAfter = (name: string, other: string) => Buffer.compare(Buffer.from(name), Buffer.from(other)) > 0;

function shortened(name: string, prefix: string, delimiter: string | null): string {
  if (delimiter === null || delimiter === '' || !name.startsWith(prefix)) return name;
  const end = name.indexOf(delimiter, prefix.length);
  return end < 0 ? name : name.slice(0, end + delimiter.length);
}
