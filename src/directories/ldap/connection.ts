import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Client, ResultCodeError } from 'ldapts';
import { type Deadline, systemClock, withTimeout } from '../../platform/clock.ts';
import { DeadlineError, messageOf, StopError } from '../../platform/errors.ts';
import type { RequestCounter } from '../../platform/request-counts.ts';
import { watchPagingCookie } from './paging-cookie.ts';
import { beginTls, type LdapTls } from './tls.ts';

/** One TCP connection with an LDAP client on it. Once lost it stays lost: it is never made a second time. */
export interface LdapConnection {
  readonly client: Client;
  /** `ldap://host:port` */
  readonly address: string;
  readonly requestCounter: RequestCounter;
  /** From now on `within` insists on a bound connection. */
  insistOnBind(): void;
  /** Whether the last search answer carried a cookie: the server has more to give. */
  hasMore(): boolean;
  /** One operation in the time that is left, on a connection that stands before and after it. Errors name the server and `what`. */
  within<T>(what: string, operation: () => Promise<T>): Promise<T>;
  /** Unbinds and hangs up. */
  close(): Promise<void>;
}

/** Whom to connect to. `address` is `ldap://host:port`. */
export interface Endpoint {
  readonly protocol: 'ldap' | 'ldaps';
  readonly host: string;
  readonly port: number;
  readonly address: string;
  readonly tls: LdapTls;
}

interface Time {
  readonly deadline: Deadline;
  readonly requestCounter: RequestCounter;
}

const CONNECT_MS = 10_000;
const OPERATION_MS = 30_000;
const CLOSE_MS = 1000;
const REFERRAL = 10;

/**
 * Connects, with TLS from the first byte (ldaps) or by StartTLS where asked for. A step takes 10 s at most
 * and a quarter of the time left, so that one silent server leaves time for the next.
 */
export async function openConnection(peer: Endpoint, run: Time): Promise<LdapConnection> {
  if (peer.protocol === 'ldaps' && peer.tls.startTls)
    throw new Error('StartTLS and ldaps:// exclude each other');
  const where = `ldap ${peer.address}: connect`;
  run.deadline.check(where);
  run.requestCounter.count('ldap', 'connect');
  const plain = keepError(connect({ host: peer.host, port: peer.port }));
  try {
    const limit = {
      ms: Math.min(CONNECT_MS, Math.ceil(run.deadline.left() / 4)),
      deadline: run.deadline,
      where,
    };
    await within(limit, once(plain, 'connect'));
    if (peer.protocol === 'ldap') {
      const wire = connectionOn(plain, peer, run);
      if (peer.tls.startTls) await within(limit, startTls(wire));
      return wire;
    }
    const secure = keepError(beginTls(plain, peer.tls));
    await within(limit, once(secure, 'secureConnect'));
    return connectionOn(secure, peer, run);
  } catch (error) {
    plain.destroy();
    throw error;
  }
}

function startTls(wire: LdapConnection): Promise<void> {
  wire.requestCounter.count('ldap', 'starttls');
  return wire.client.startTLS();
}

function connectionOn(first: Socket, peer: Endpoint, run: Time): LdapConnection {
  const cookies = watchPagingCookie();
  cookies.follow(first);
  let socket = first;
  let mustBeBound = false;
  const upgrade = () => {
    const secure = keepError(beginTls(first, peer.tls));
    cookies.follow(secure);
    socket = secure;
    return secure;
  };
  const client = new Client({
    url: 'ldap://the-socket-lent-below',
    createConnection: socketOnce(first),
    createSecureConnection: upgrade,
  });
  const check = (where: string) => {
    run.deadline.check(where);
    if (socket.destroyed || !socket.writable) throw new Error(`the connection is lost${errorIn(socket)}`);
    if (mustBeBound && !client.isBound) throw new Error('the connection is no longer bound');
  };
  return {
    client,
    address: peer.address,
    requestCounter: run.requestCounter,
    hasMore: cookies.hasMore,
    insistOnBind: () => {
      mustBeBound = true;
    },
    within: async (what, operation) => {
      const where = `ldap ${peer.address}: ${what}`;
      try {
        check(where);
        const limit = { ms: OPERATION_MS, deadline: run.deadline, where };
        const answer = await within(limit, operation());
        check(where);
        return answer;
      } catch (error) {
        throw located(error, where);
      }
    },
    close: async () => {
      const patience = new AbortController();
      const over = systemClock.sleep(CLOSE_MS, patience.signal);
      if (!socket.destroyed) await Promise.race([client.unbind(), over]);
      patience.abort();
      socket.destroy();
    },
  };
}

/** ldapts reconnects by itself, as nobody, when a connection drops. Here the second call for a connection fails. */
function socketOnce(socket: Socket): () => Socket {
  let lent = false;
  return () => {
    if (lent) throw new Error('the connection is lost; a run never makes a second one');
    lent = true;
    return socket;
  };
}

/** A socket's error must have a listener; it stays readable in `errored`. */
function keepError<S extends Socket>(socket: S): S {
  return socket.on('error', () => undefined);
}

const errorIn = (socket: Socket) => (socket.errored ? ` (${socket.errored.message})` : '');

interface Limit {
  readonly ms: number;
  readonly deadline: Deadline;
  readonly where: string;
}

/** Waits so many milliseconds and never past the deadline. Who calls hangs up when this throws, which ends what is still pending. */
function within<T>({ ms, deadline, where }: Limit, pending: Promise<T>): Promise<T> {
  const left = deadline.left();
  const late = () => (left <= ms ? new DeadlineError(where) : new Error(`no answer within ${ms} ms`));
  return withTimeout(pending, Math.min(left, ms), late);
}

function located(error: unknown, where: string): Error {
  if (error instanceof DeadlineError || error instanceof StopError) return error;
  return new Error(`${where}: ${reasonOf(error)}`, { cause: error });
}

/** Why an LDAP operation failed, in one line, result codes by name. */
export function reasonOf(error: unknown): string {
  if (error instanceof ResultCodeError && error.code === REFERRAL)
    return 'the server refers to another one (result code 10), and referrals are not followed';
  if (error instanceof ResultCodeError)
    return `refused (${error.name}, result code ${error.code}: ${error.message})`;
  return messageOf(error).replaceAll('\n', ' ');
}
