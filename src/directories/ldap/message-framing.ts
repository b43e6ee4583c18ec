import { BER, headerAt, MalformedBerError } from './decode-ber.ts';

/** Cuts a stream of bytes into LDAP messages. */
export interface MessageFraming {
  /** Adds bytes, and returns the messages that are complete now. Throws `MalformedBerError` if the bytes are not an LDAP message. */
  push(chunk: Buffer): readonly Buffer[];
  /** Whether a message is incomplete. */
  isInsideMessage(): boolean;
}

const MAX_MESSAGE = 64 * 1024 * 1024;
const CONTROLS = 0xa0;

/** Creates a framing. It takes linear time, however the bytes are cut. */
export function createMessageFraming(): MessageFraming {
  let chunks: Buffer[] = [];
  let size = 0;
  let needed = 0;
  const push = (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size < needed) return [];
    const { messages, rest, next } = cut(chunks.length === 1 ? chunk : Buffer.concat(chunks));
    chunks = rest.length > 0 ? [rest] : [];
    size = rest.length;
    needed = next;
    return messages;
  };
  return { push, isInsideMessage: () => size > 0 };
}

function cut(bytes: Buffer) {
  const messages: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = endOfMessage(bytes, at);
    if (end === undefined || end > bytes.length)
      return { messages, rest: bytes.subarray(at), next: (end ?? 0) - at };
    messages.push(bytes.subarray(at, end));
    at = end;
  }
}

/** The end of the message, by its own length; undefined if more bytes are needed to know it. */
function endOfMessage(bytes: Buffer, at: number): number | undefined {
  if (at < bytes.length && bytes[at] !== BER.sequence) throw new MalformedBerError(notLdap(bytes, at));
  const message = headerAt(bytes, at);
  if (!message) return undefined;
  if (message.length > MAX_MESSAGE)
    throw new MalformedBerError(`a message of ${message.length} bytes (allowed ${MAX_MESSAGE})`);
  const end = message.start + message.length;
  checkBeginning(bytes, message.start, end);
  return end;
}

/** Finds a wrong length at once, by the message's number, its operation, or the bytes after it, instead of waiting for bytes that never come. */
function checkBeginning(bytes: Buffer, start: number, end: number): void {
  const number = headerAt(bytes, start);
  if (!number) return;
  const operation = headerAt(bytes, number.start + number.length);
  const isNumber = number.tag === BER.integer && number.length >= 1 && number.length <= 4;
  const operationEnd = operation ? operation.start + operation.length : number.start + number.length;
  const after = operation && operationEnd < end ? bytes[operationEnd] : undefined;
  if (!isNumber || operationEnd > end || (after !== undefined && after !== CONTROLS))
    throw new MalformedBerError(
      `a message whose length and content do not agree (found ${end - start} bytes)`,
    );
}

function notLdap(bytes: Buffer, at: number): string {
  const found = bytes.subarray(at, at + 40).toString('latin1');
  const text = /^[\x20-\x7e]+/.exec(found)?.[0] ?? '';
  const shown =
    text.length > 3 ? JSON.stringify(text) : `bytes ${bytes.subarray(at, at + 8).toString('hex')}`;
  return `the answer is no LDAP (found ${shown})`;
}
