import type { Socket } from 'node:net';
import { MessageParser, PagedResultsControl, SearchResponse } from 'ldapts';

/** Reads along on a connection, because ldapts keeps the paging cookie of an answer to itself. */
export interface CookieWatch {
  /** Reads along on this socket until `leave`; registers before ldapts does, so it knows before a search settles. */
  readonly follow: (socket: Socket) => void;
  readonly leave: (socket: Socket) => void;
  /** Whether the last search answer carried a cookie: the server has more to give. */
  readonly hasMore: () => boolean;
}

/** A watch that has seen no answer yet. Bytes that are no LDAP destroy the socket they came from. */
export function watchCookies(): CookieWatch {
  let more = false;
  const listeners = new Map<Socket, (data: Buffer) => void>();
  const follow = (socket: Socket) => {
    const parser = new MessageParser();
    parser.on('message', (message) => {
      if (message instanceof SearchResponse) more = cookieLength(message) > 0;
    });
    parser.on('error', (error) => socket.destroy(error));
    const listener = (data: Buffer) => parser.read(data, new Map());
    listeners.set(socket, listener);
    socket.on('data', listener);
  };
  const leave = (socket: Socket) => {
    const listener = listeners.get(socket);
    if (listener) socket.off('data', listener);
    listeners.delete(socket);
  };
  return { follow, leave, hasMore: () => more };
}

function cookieLength(answer: SearchResponse): number {
  const paging = answer.controls?.find((control) => control instanceof PagedResultsControl);
  return paging?.value?.cookie?.length ?? 0;
}
