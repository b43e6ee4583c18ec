import type { Socket } from 'node:net';
import { MessageParser, PagedResultsControl, SearchResponse } from 'ldapts';

/** Reads along on a connection, because ldapts keeps the paging cookie of an answer to itself. */
export interface PagingCookieWatch {
  /** Reads along on this socket, before ldapts does when called first, so that it knows before a search settles. */
  readonly follow: (socket: Socket) => void;
  /** Whether the last search answer carried a cookie: the server has more to give. */
  readonly hasMore: () => boolean;
}

/** A watch that has seen no answer yet. Bytes that are no LDAP destroy the socket they came from. */
export function watchPagingCookie(): PagingCookieWatch {
  let more = false;
  const follow = (socket: Socket) => {
    const parser = new MessageParser();
    parser.on('message', (message) => {
      if (message instanceof SearchResponse) more = cookieLength(message) > 0;
    });
    parser.on('error', (error) => socket.destroy(error));
    socket.on('data', (data: Buffer) => parser.read(data, new Map()));
  };
  return { follow, hasMore: () => more };
}

function cookieLength(answer: SearchResponse): number {
  const paging = answer.controls?.find((control) => control instanceof PagedResultsControl);
  return paging?.value?.cookie?.length ?? 0;
}
