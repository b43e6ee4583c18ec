import { type Answer, type Recorded, type SandboxServer, startServer } from './server.ts';

/** One object of the bucket. Generations only grow, over all objects. */
export interface StoredObject {
  readonly body: string;
  readonly generation: string;
  readonly updated: number;
}

/** Cloud Storage and the metadata server at one address; `state.objects` is live. Preconditions on generations are honoured. */
export interface Storage extends SandboxServer {
  readonly objects: Map<string, StoredObject>;
  /** What a process needs to find it. */
  readonly environment: Readonly<Record<string, string>>;
}

const BUCKET = 'leases';
const TOKEN = 'ya29.sandbox';

/** Starts it. Its own clock is `now`, which need not be that of those who ask. */
export async function startStorage({ now = Date.now }: { now?: () => number } = {}): Promise<Storage> {
  const objects = new Map<string, StoredObject>();
  const counter = { last: 1_700_000_000_000_000 };
  const server = await startServer((request) => answerTo(request, { objects, counter, now }), { now });
  return Object.assign(server, {
    objects,
    environment: {
      LEASE_BUCKET: BUCKET,
      STORAGE_EMULATOR_HOST: server.origin,
      GCE_METADATA_HOST: new URL(server.origin).host,
    },
  });
}

interface World {
  readonly objects: Map<string, StoredObject>;
  readonly counter: { last: number };
  readonly now: () => number;
}

const json = (status: number, body: object, headers: Record<string, string> = {}): Answer => ({
  status,
  body,
  headers,
});
const failed = (status: number, message: string) => json(status, { error: { code: status, message } });

function answerTo(request: Recorded, world: World): Answer {
  const { method, path, query, headers } = request;
  if (path === '/computeMetadata/v1/instance/service-accounts/default/token') {
    if (headers['metadata-flavor'] !== 'Google') return failed(403, 'Missing Metadata-Flavor:Google header.');
    return json(200, { access_token: TOKEN, expires_in: 3599, token_type: 'Bearer' });
  }
  if (headers.authorization !== `Bearer ${TOKEN}`) return failed(401, 'Invalid Credentials');
  if (method === 'POST' && path === `/upload/storage/v1/b/${BUCKET}/o`) return put(request, world);
  const prefix = `/storage/v1/b/${BUCKET}/o/`;
  if (!path.startsWith(prefix)) return failed(404, 'Not Found');
  const name = decodeURIComponent(path.slice(prefix.length));
  const object = world.objects.get(name);
  if (!object) return failed(404, `No such object: ${BUCKET}/${name}`);
  if (method === 'DELETE') {
    if (misses(query, object))
      return failed(412, 'At least one of the pre-conditions you specified did not hold.');
    world.objects.delete(name);
    return { status: 204, body: '' };
  }
  const dates = { date: httpDate(world.now()), 'last-modified': httpDate(object.updated) };
  if (query.get('alt') !== 'media') return json(200, { name, generation: object.generation }, dates);
  return { status: 200, body: object.body, headers: { ...dates, 'x-goog-generation': object.generation } };
}

const httpDate = (ms: number) => new Date(ms).toUTCString();

/** A precondition of generation 0 holds where there is no object. */
function misses(query: URLSearchParams, object: StoredObject | undefined): boolean {
  const wanted = query.get('ifGenerationMatch');
  return wanted !== null && wanted !== (object?.generation ?? '0');
}

function put({ query, body }: Recorded, { objects, counter, now }: World): Answer {
  const name = query.get('name') ?? '';
  if (query.get('uploadType') !== 'media' || name === '') return failed(400, 'Bad Request');
  if (misses(query, objects.get(name)))
    return failed(412, 'At least one of the pre-conditions you specified did not hold.');
  counter.last += 1;
  const object = { body, generation: String(counter.last), updated: now() };
  objects.set(name, object);
  return json(200, { kind: 'storage#object', name, generation: object.generation });
}
