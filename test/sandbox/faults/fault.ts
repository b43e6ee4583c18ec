import type { Answer, Exchange, FaultEffect } from '../server.ts';
import { encodeAnswer } from '../server.ts';

/**
 * One way in which an HTTP server or a proxy before it fails. `handled`: the request was carried out all the same.
 * `whole`: the true answer arrives complete in the end, so a client that waits sees nothing of the fault.
 */
export interface HttpFault {
  readonly name: string;
  readonly handled: boolean;
  readonly whole: boolean;
  readonly act: (exchange: Exchange) => void | Promise<void>;
}

/** A fault as effect for `addFault`. */
export const effectOf = ({ act }: HttpFault): FaultEffect => ({ kind: 'act', act });

/** A fault that answers without carrying the request out. */
export const answering = (name: string, answer: Answer | ((exchange: Exchange) => Answer)): HttpFault => ({
  name,
  handled: false,
  whole: false,
  act: (exchange) => {
    const { status, ...rest } = typeof answer === 'function' ? answer(exchange) : answer;
    const { bytes, headers } = encodeAnswer({ status, ...rest });
    exchange.response.writeHead(status, headers);
    exchange.response.end(bytes);
  },
});

/** A fault that carries the request out and spoils its answer. */
export const spoiling = (name: string, act: HttpFault['act']): HttpFault => ({
  name,
  handled: true,
  whole: false,
  act,
});

/** The true answer, encoded. */
export async function trueAnswer({ handle }: Exchange) {
  const answer = await handle();
  return { status: answer.status, ...encodeAnswer(answer) };
}

/** Writes bytes past the HTTP server, on the bare connection. */
export function writeRaw({ response }: Exchange, bytes: string | Buffer, then?: () => void): void {
  response.socket?.write(bytes, then);
}
