import { Ber, BerReader, BerWriter, PagedResultsControl, ProtocolOperation } from 'ldapts';
import type { LdapAttribute, LdapScope } from './entries.ts';
import { type LdapFilter, readFilter } from './filter.ts';

/** The cookie of the first page is empty. */
export interface LdapPaging {
  readonly size: number;
  readonly cookie: string;
}

export interface LdapSearchRequest {
  readonly base: string;
  readonly scope: LdapScope;
  readonly sizeLimit: number;
  readonly timeLimit: number;
  readonly filter: LdapFilter;
  readonly attributes: readonly string[];
  readonly paging: LdapPaging | undefined;
}

export type LdapRequest =
  | { readonly op: 'bind'; readonly id: number; readonly dn: string; readonly password: string | undefined }
  | { readonly op: 'unbind'; readonly id: number }
  | { readonly op: 'search'; readonly id: number; readonly search: LdapSearchRequest }
  | { readonly op: 'extended'; readonly id: number; readonly oid: string }
  | { readonly op: 'other'; readonly id: number; readonly tag: number };

/** Cuts whole messages off the front of what has come in. */
export function takeMessages(buffer: Buffer): {
  readonly messages: readonly Buffer[];
  readonly rest: Buffer;
} {
  const messages: Buffer[] = [];
  let rest = buffer;
  for (;;) {
    const reader = new BerReader(rest);
    if (reader.readSequence() === null || reader.remain < reader.length) return { messages, rest };
    const end = reader.offset + reader.length;
    messages.push(rest.subarray(0, end));
    rest = rest.subarray(end);
  }
}

/** Reads one message (RFC 4511, section 4.1.1). */
export function readRequest(message: Buffer): LdapRequest {
  const reader = new BerReader(message);
  reader.readSequence();
  const id = reader.readInt() ?? 0;
  const tag = reader.readSequence() ?? 0;
  const end = reader.offset + reader.length;
  switch (tag) {
    case ProtocolOperation.LDAP_REQ_BIND:
      return { op: 'bind', id, ...readBind(reader) };
    case ProtocolOperation.LDAP_REQ_UNBIND:
      return { op: 'unbind', id };
    case ProtocolOperation.LDAP_REQ_SEARCH:
      return { op: 'search', id, search: readSearch(reader, end) };
    case ProtocolOperation.LDAP_REQ_EXTENSION:
      return { op: 'extended', id, oid: reader.readString(0x80) ?? '' };
    default:
      return { op: 'other', id, tag };
  }
}

function readBind(reader: BerReader) {
  reader.readInt();
  const dn = reader.readString() ?? '';
  const simple = reader.peek() === Ber.Context;
  return { dn, password: simple ? (reader.readString(Ber.Context) ?? '') : undefined };
}

function readSearch(reader: BerReader, end: number): LdapSearchRequest {
  const base = reader.readString() ?? '';
  const scope = (['base', 'one', 'sub'] as const)[reader.readEnumeration() ?? 2] ?? 'sub';
  reader.readEnumeration();
  const sizeLimit = reader.readInt() ?? 0;
  const timeLimit = reader.readInt() ?? 0;
  reader.readBoolean();
  const filter = readFilter(reader);
  reader.readSequence();
  const attributes: string[] = [];
  while (reader.offset < end) attributes.push(reader.readString() ?? '');
  return { base, scope, sizeLimit, timeLimit, filter, attributes, paging: readPaging(reader) };
}

function readPaging(reader: BerReader): LdapPaging | undefined {
  if (reader.peek() !== ProtocolOperation.LDAP_CONTROLS) return undefined;
  reader.readSequence();
  const end = reader.offset + reader.length;
  while (reader.offset < end) {
    const { oid, value } = readControl(reader);
    if (oid !== PagedResultsControl.type) continue;
    const inner = new BerReader(value);
    inner.readSequence();
    return { size: inner.readInt() ?? 0, cookie: inner.readString() ?? '' };
  }
  return undefined;
}

function readControl(reader: BerReader): { readonly oid: string; readonly value: Buffer } {
  reader.readSequence();
  const end = reader.offset + reader.length;
  const oid = reader.readString() ?? '';
  if (reader.offset < end && reader.peek() === Ber.Boolean) reader.readBoolean();
  const value = reader.offset < end ? reader.readString(Ber.OctetString, true) : null;
  return { oid, value: value ?? Buffer.alloc(0) };
}

/** What ends an operation; `cookie` sends the paging control along. */
export interface LdapResult {
  readonly code: number;
  readonly text?: string;
  readonly cookie?: string;
}

/** The answer that ends a bind, a search or an extended operation. */
export function resultMessage(id: number, tag: number, result: LdapResult): Buffer {
  return message(
    id,
    tag,
    (writer) => {
      writer.writeEnumeration(result.code);
      writer.writeString('');
      writer.writeString(result.text ?? '');
    },
    result.cookie,
  );
}

/** One entry of a search's answer. Where `asBytes` names an attribute, its values are sent as bytes that are no UTF-8. */
export function entryMessage(
  id: number,
  dn: string,
  attributes: readonly LdapAttribute[],
  asBytes = '',
): Buffer {
  return message(id, ProtocolOperation.LDAP_RES_SEARCH_ENTRY, (writer) => {
    writer.writeString(dn);
    writer.startSequence();
    for (const { name, values } of attributes) {
      writer.startSequence();
      writer.writeString(name);
      writer.startSequence(ProtocolOperation.LBER_SET);
      for (const value of values) {
        if (name === asBytes) writer.writeBuffer(Buffer.from([0xff, 0xfe, 0x80]), Ber.OctetString);
        else writer.writeString(value);
      }
      writer.endSequence();
      writer.endSequence();
    }
    writer.endSequence();
  });
}

/** A pointer to another server in the middle of an answer. */
export function referenceMessage(id: number, url: string): Buffer {
  return message(id, ProtocolOperation.LDAP_RES_SEARCH_REF, (writer) => writer.writeString(url));
}

function message(id: number, tag: number, body: (writer: BerWriter) => void, cookie?: string): Buffer {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeInt(id);
  writer.startSequence(tag);
  body(writer);
  writer.endSequence();
  if (cookie !== undefined) {
    const value = { size: 0, cookie: Buffer.from(cookie) };
    writer.startSequence(ProtocolOperation.LDAP_CONTROLS);
    new PagedResultsControl({ value }).write(writer);
    writer.endSequence();
  }
  writer.endSequence();
  return writer.buffer;
}
