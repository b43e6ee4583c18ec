import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import type { SecureContextOptions } from 'node:tls';

/** One request as it came, in the order of arrival. `path` has no query and is not decoded. `at` is the injected time in milliseconds. */
export interface Recorded {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
  /** The body as it came. */
  readonly bytes: Buffer;
  readonly headers: IncomingHttpHeaders;
  readonly at: number;
}

/** What is answered. An object body becomes JSON; text and bytes are sent as they are. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Buffer | object;
}

export type Handler = (request: Recorded) => Answer | Promise<Answer>;

/** Which requests are meant: all that is given must hold. `nth` picks one of those, counted from 1; without it each is meant. */
export interface Match {
  readonly method?: string;
  /** The whole path, or a pattern for it. */
  readonly path?: string | RegExp;
  readonly when?: ((request: Recorded) => boolean) | undefined;
  readonly nth?: number;
}

/** One request that meets effect. `handle` has the request carried out and gives the answer that was to be sent. */
export interface Exchange {
  readonly request: Recorded;
  readonly response: ServerResponse;
  readonly handle: () => Promise<Answer>;
}

/**
 * What goes wrong. `lose`: handled, then the socket is dropped. `drop`: dropped unhandled. `truncate`: handled, the whole
 * Content-Length is announced and `bytes` (half the body by default) are sent. `hang`: unhandled, open until close.
 * `act`: whatever the function does with the exchange; `http-faults.ts` lists many of them by name.
 */
export type FaultEffect =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'lose' }
  | { readonly kind: 'drop' }
  | { readonly kind: 'truncate'; readonly bytes?: number }
  | { readonly kind: 'hang' }
  | { readonly kind: 'act'; readonly act: (exchange: Exchange) => void | Promise<void> };

/** The effect of the requests that match. Where several faults match one request, the first that was added strikes. */
export interface Fault extends Match {
  readonly effect: FaultEffect;
}

/** What a test does at a request: somebody else edits the data, the clock moves, a signal is sent. */
export type Edit = (request: Recorded) => void | Promise<void>;

/** A server on 127.0.0.1. `peak` is the highest number of requests in flight at once. `close` drops whatever is still open; twice is once. */
export interface SandboxServer {
  readonly origin: string;
  readonly requests: Recorded[];
  readonly peak: number;
  readonly addFault: (fault: Fault) => void;
  /** Has `edit` done before each matching request is handled, or `after` it is handled and before its answer is sent. */
  readonly onRequest: (match: Match, edit: Edit, moment?: 'before' | 'after') => void;
  readonly clearFaults: () => void;
  readonly close: () => Promise<void>;
}

/** `now` gives milliseconds. With a certificate the server speaks TLS. The port is `port` where it is free, else any. */
export interface ServerOptions {
  readonly now?: () => number;
  readonly certificate?: Pick<SecureContextOptions, 'key' | 'cert'>;
  readonly port?: number | undefined;
}

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });

/** Starts a server on a port of 127.0.0.1. A handler that throws is answered with 500 and its message. */
export async function startServer(
  handler: Handler,
  { now = Date.now, certificate, port = 0 }: ServerOptions = {},
): Promise<SandboxServer> {
  const requests: Recorded[] = [];
  const faults: { readonly meets: Meets; readonly effect: FaultEffect }[] = [];
  const hooks: { readonly meets: Meets; readonly edit: Edit; readonly moment: 'before' | 'after' }[] = [];
  const flight = { current: 0, peak: 0 };
  const strike = (request: Recorded): FaultEffect | undefined =>
    faults.filter(({ meets }) => meets(request)).at(0)?.effect;
  const handled = async (request: Recorded): Promise<Answer> => {
    const matching = hooks.filter(({ meets }) => meets(request));
    for (const { edit } of matching.filter(({ moment }) => moment === 'before')) await edit(request);
    const answer = await handler(request);
    for (const { edit } of matching.filter(({ moment }) => moment === 'after')) await edit(request);
    return answer;
  };
  const serve = (incoming: IncomingMessage, response: ServerResponse) => {
    flight.current += 1;
    flight.peak = Math.max(flight.peak, flight.current);
    response.once('close', () => {
      flight.current -= 1;
    });
    record(incoming, now)
      .then((request) => {
        requests.push(request);
        return respond({ request, response, handle: () => handled(request) }, strike(request));
      })
      .catch((error: unknown) => {
        if (response.headersSent || response.destroyed) return response.destroy();
        send(response, { status: 500, body: { message: `sandbox: ${String(error)}` } });
      });
  };
  const server = certificate ? createTlsServer(certificate, serve) : createServer(serve);
  await listen(server, port).catch(() => listen(server, 0));
  return {
    origin: `${certificate ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get peak() {
      return flight.peak;
    },
    addFault: ({ effect, ...match }) => void faults.push({ meets: counting(match), effect }),
    onRequest: (match, edit, moment = 'before') => void hooks.push({ meets: counting(match), edit, moment }),
    clearFaults: () => void faults.splice(0),
    close: () =>
      new Promise((resolve) => {
        // The only error is that the server is closed already.
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type Meets = (request: Recorded) => boolean;

/** Whether a request is meant; counts those for which all but `nth` holds. */
function counting({ method, path, when = () => true, nth }: Match): Meets {
  let met = 0;
  return (request) => {
    if (method !== undefined && request.method !== method) return false;
    if (typeof path === 'string' && request.path !== path) return false;
    if (path instanceof RegExp && !path.test(request.path)) return false;
    if (!when(request)) return false;
    met += 1;
    return nth === undefined || nth === met;
  };
}

async function record(incoming: IncomingMessage, now: () => number): Promise<Recorded> {
  const at = now();
  const { method = 'GET', url = '/', headers } = incoming;
  const [path = '/', ...rest] = url.split('?');
  const query = new URLSearchParams(rest.join('?'));
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  const bytes = Buffer.concat(chunks);
  return { method, path, query, body: bytes.toString('utf8'), bytes, headers, at };
}

async function respond(exchange: Exchange, effect: FaultEffect | undefined): Promise<void> {
  const { response, handle } = exchange;
  if (effect?.kind === 'hang') return;
  if (effect?.kind === 'act') return effect.act(exchange);
  if (effect?.kind === 'drop') return void response.destroy();
  if (effect?.kind === 'answer') return send(response, effect.answer);
  const answer = await handle();
  if (effect?.kind === 'lose') return void response.destroy();
  send(response, answer, effect);
}

/** An answer as it travels: its bytes, and its headers with the type and the length. */
export function encodeAnswer({ body, headers }: Answer) {
  const isJson = typeof body === 'object' && !Buffer.isBuffer(body);
  const bytes = Buffer.isBuffer(body)
    ? body
    : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body), 'utf8');
  const type = isJson ? { 'content-type': 'application/json; charset=utf-8' } : {};
  return { bytes, headers: { ...type, 'content-length': String(bytes.length), ...headers } };
}

function send(response: ServerResponse, answer: Answer, truncated?: { readonly bytes?: number }): void {
  const { bytes, headers } = encodeAnswer(answer);
  response.writeHead(answer.status, headers);
  if (!truncated) return void response.end(bytes);
  const part = bytes.subarray(0, truncated.bytes ?? Math.floor(bytes.length / 2));
  response.flushHeaders();
  response.write(part, () => response.destroy());
}
