import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as it came, in the order of arrival. `path` has no query and is not decoded. `at` is the injected time in milliseconds. */
export interface Recorded {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
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

/**
 * What goes wrong. `lose`: handled, then the socket is dropped. `drop`: dropped unhandled. `truncate`: handled, the whole
 * Content-Length is announced and `bytes` (half the body unless told) are sent. `hang`: unhandled, open until close.
 */
export type Trouble =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'lose' }
  | { readonly kind: 'drop' }
  | { readonly kind: 'truncate'; readonly bytes?: number }
  | { readonly kind: 'hang' };

/** Strikes the nth request that `when` holds for, counted from 1; each of them where `nth` is left out. The first that strikes wins. */
export interface Fault {
  readonly when: (request: Recorded) => boolean;
  readonly nth?: number;
  readonly trouble: Trouble;
}

/** A server on 127.0.0.1. `peak` is the highest number of requests in flight at once. `close` drops whatever is still open; twice is once. */
export interface SandboxServer {
  readonly origin: string;
  readonly requests: Recorded[];
  readonly peak: number;
  readonly addFault: (fault: Fault) => void;
  readonly clearFaults: () => void;
  readonly close: () => Promise<void>;
}

/** Starts a server on a free port of 127.0.0.1. `now` gives milliseconds. A handler that throws is answered with 500 and its message. */
export async function startServer(
  handler: Handler,
  { now = Date.now }: { readonly now?: () => number } = {},
): Promise<SandboxServer> {
  const requests: Recorded[] = [];
  const faults: { readonly fault: Fault; met: number }[] = [];
  const flight = { current: 0, peak: 0 };
  const strike = (request: Recorded): Trouble | undefined => {
    const met = faults.filter(({ fault }) => fault.when(request));
    for (const entry of met) entry.met += 1;
    return met.find((entry) => entry.met === (entry.fault.nth ?? entry.met))?.fault.trouble;
  };
  const server = createServer((incoming, response) => {
    flight.current += 1;
    flight.peak = Math.max(flight.peak, flight.current);
    response.once('close', () => {
      flight.current -= 1;
    });
    record(incoming, now)
      .then((request) => {
        requests.push(request);
        return respond(response, strike(request), () => handler(request));
      })
      .catch((error: unknown) => {
        if (response.headersSent || response.destroyed) return response.destroy();
        send(response, { status: 500, body: { message: `sandbox: ${String(error)}` } });
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get peak() {
      return flight.peak;
    },
    addFault: (fault) => void faults.push({ fault, met: 0 }),
    clearFaults: () => void faults.splice(0),
    close: () =>
      new Promise((resolve) => {
        // The only error is that the server is closed already.
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function record(incoming: IncomingMessage, now: () => number): Promise<Recorded> {
  const at = now();
  const { method = 'GET', url = '/', headers } = incoming;
  const [path = '/', ...rest] = url.split('?');
  const query = new URLSearchParams(rest.join('?'));
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  return { method, path, query, body: Buffer.concat(chunks).toString('utf8'), headers, at };
}

async function respond(
  response: ServerResponse,
  trouble: Trouble | undefined,
  handle: () => Answer | Promise<Answer>,
): Promise<void> {
  if (trouble?.kind === 'hang') return;
  if (trouble?.kind === 'drop') return void response.destroy();
  if (trouble?.kind === 'answer') return send(response, trouble.answer);
  const answer = await handle();
  if (trouble?.kind === 'lose') return void response.destroy();
  send(response, answer, trouble);
}

function send(response: ServerResponse, answer: Answer, truncated?: { readonly bytes?: number }): void {
  const isJson = typeof answer.body === 'object' && !Buffer.isBuffer(answer.body);
  const whole = Buffer.isBuffer(answer.body)
    ? answer.body
    : Buffer.from(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body), 'utf8');
  const type = isJson ? { 'content-type': 'application/json; charset=utf-8' } : {};
  response.writeHead(answer.status, { ...type, 'content-length': whole.length, ...answer.headers });
  if (!truncated) return void response.end(whole);
  const part = whole.subarray(0, truncated.bytes ?? Math.floor(whole.length / 2));
  response.flushHeaders();
  response.write(part, () => response.destroy());
}
