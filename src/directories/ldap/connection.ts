import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { BindRequest, ExtendedRequest, type Message, UnbindRequest } from 'ldapts';
import { type Deadline, withTimeout } from '../../platform/clock.ts';
import { DeadlineError } from '../../platform/errors.ts';
import type { RequestCounter } from '../../platform/request-counts.ts';
import { createExchange, type Exchange, type LdapAnswer } from './exchange.ts';
import { located, refusal } from './refusal.ts';
import { beginTls, type LdapTls } from './tls.ts';

/** One TCP connection to a directory. It never reconnects. */
export interface LdapConnection {
  /** `ldap://host:port` */
  readonly address: string;
  readonly requestCounter: RequestCounter;
  /** Sends one request and waits for its whole answer. Errors name the server and `what`; a refusal is an `LdapRefusal`. */
  request(what: string, message: (messageId: number) => Message): Promise<LdapAnswer>;
  /** Binds. After that a request throws if the connection is not bound. */
  bind(dn: string, password: string): Promise<void>;
  /** Unbinds and closes the connection. */
  close(): Promise<void>;
}

/** The server to connect to. `address` is `ldap://host:port`; `secrets` are removed from the server's messages. */
export interface Endpoint {
  readonly protocol: 'ldap' | 'ldaps';
  readonly host: string;
  readonly port: number;
  readonly address: string;
  readonly tls: LdapTls;
  readonly secrets?: readonly string[];
}

interface ConnectionContext {
  readonly deadline: Deadline;
  readonly requestCounter: RequestCounter;
}

const CONNECT_MS = 10_000;
const OPERATION_MS = 30_000;
const CLOSE_MS = 1000;
const START_TLS = '1.3.6.1.4.1.1466.20037';

/**
 * Connects, with TLS from the first byte (ldaps) or by StartTLS where asked for, and asks `firstRequest`, whose answer shows that
 * the server serves. A step takes 10 s at most and a quarter of the time left, so that a server that does not answer leaves time for the next.
 */
export async function openConnection<T>(
  endpoint: Endpoint,
  run: ConnectionContext,
  firstRequest: (connection: LdapConnection) => Promise<T>,
): Promise<{ readonly connection: LdapConnection; readonly first: T }> {
  if (endpoint.protocol === 'ldaps' && endpoint.tls.startTls)
    throw new Error('StartTLS and ldaps:// exclude each other');
  const where = `ldap ${endpoint.address}: connect`;
  run.deadline.check(where);
  run.requestCounter.count('ldap', 'connect');
  const ms = Math.min(CONNECT_MS, Math.ceil(run.deadline.left() / 4));
  const limit = { ms, deadline: run.deadline, where };
  const plain = keepError(connect({ host: endpoint.host, port: endpoint.port }));
  try {
    await within(limit, once(plain, 'connect'));
    const socket = endpoint.protocol === 'ldaps' ? await secured(plain, endpoint, limit) : plain;
    const exchange = createExchange(
      endpoint.tls.startTls ? await upgraded(socket, endpoint, { ...limit, run }) : socket,
    );
    const connection = connectionOn(exchange, endpoint, run);
    return { connection, first: await within(limit, firstRequest(connection)) };
  } catch (error) {
    plain.destroy();
    throw error;
  }
}

async function secured(plain: Socket, endpoint: Endpoint, limit: Limit): Promise<Socket> {
  const secure = keepError(beginTls(plain, endpoint.tls));
  await within(limit, once(secure, 'secureConnect'));
  return secure;
}

/** StartTLS (RFC 4511, section 4.14). Bytes that came without TLS after its answer are an error. */
async function upgraded(
  plain: Socket,
  endpoint: Endpoint,
  limit: Limit & { readonly run: ConnectionContext },
): Promise<Socket> {
  limit.run.requestCounter.count('ldap', 'starttls');
  const exchange = createExchange(plain);
  const { result } = await within(
    limit,
    exchange.request((messageId) => new ExtendedRequest({ messageId, oid: START_TLS })),
  );
  if (result.code !== 0) throw refusal(result, endpoint.secrets);
  exchange.release();
  return await secured(plain, endpoint, limit);
}

function connectionOn(exchange: Exchange, endpoint: Endpoint, run: ConnectionContext): LdapConnection {
  let mustBeBound = false;
  const check = (where: string) => {
    run.deadline.check(where);
    exchange.check();
    if (mustBeBound && !exchange.isBound()) throw new Error('the connection is no longer bound');
  };
  const request: LdapConnection['request'] = async (what, message) => {
    const where = `ldap ${endpoint.address}: ${what}`;
    try {
      check(where);
      const limit = { ms: OPERATION_MS, deadline: run.deadline, where };
      const answer = await within(limit, exchange.request(message));
      check(where);
      if (answer.result.code !== 0) throw refusal(answer.result, endpoint.secrets);
      return answer;
    } catch (error) {
      throw located(error, where);
    }
  };
  return {
    address: endpoint.address,
    requestCounter: run.requestCounter,
    request,
    bind: async (dn, password) => {
      await request(`bind as ${dn}`, (messageId) => new BindRequest({ messageId, dn, password }));
      mustBeBound = true;
    },
    close: async () => {
      const unbind = exchange.send((messageId) => new UnbindRequest({ messageId }));
      await withTimeout(unbind, CLOSE_MS, () => new Error('late')).catch(() => undefined);
      exchange.destroy();
    },
  };
}

/** Adds a listener for errors, without which one would end the process. The error stays readable in `errored`. */
function keepError<S extends Socket>(socket: S): S {
  return socket.on('error', () => undefined);
}

interface Limit {
  readonly ms: number;
  readonly deadline: Deadline;
  readonly where: string;
}

/** Waits for at most `ms` milliseconds, and never past the deadline. The caller closes the connection when this throws, which ends the pending request. */
function within<T>({ ms, deadline, where }: Limit, pending: Promise<T>): Promise<T> {
  const left = deadline.left();
  const late = () => (left <= ms ? new DeadlineError(where) : new Error(`no answer within ${ms} ms`));
  return withTimeout(pending, Math.min(left, ms), late);
}
