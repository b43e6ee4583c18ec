import { BER, headerAt, MalformedBerError } from './decode-ber.ts';

/** Cuts a stream of bytes into LDAP messages. */
export interface MessageFraming {
  /** Takes what has come and gives the messages that are whole now. Throws `MalformedBerError` where the bytes begin no LDAP message. */
  push(chunk: Buffer): readonly Buffer[];
  /** Whether a message has begun and not ended. */
  isInsideMessage(): boolean;
}

const MAX_MESSAGE = 64 * 1024 * 1024;
const CONTROLS = 0xa0;

/** A framing at the start of a message. Linear in the bytes, however they are cut. */
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

/** Where the message ends by its own length; undefined where more bytes are needed to know. */
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

/** A message's length that is too large shows in its number, its operation, or in what comes after it: nobody waits for the rest. */
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
