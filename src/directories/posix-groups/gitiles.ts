/** Reads a file over HTTP at one version: from gitiles, or from any other address. */

import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Run } from '../../engine/run-types.ts';
import { SourceError } from '../../platform/errors.ts';
import type { HttpAnswer } from '../../platform/http-answer.ts';
import { jsonOf, redact, textOf } from '../../platform/http-answer.ts';
import { createHttpClient, type HttpSystem } from '../../platform/http-client.ts';

/** A text file as it was at one version: a commit, or the file's own sha256 where its address names none. */
export interface PinnedFile {
  readonly text: string;
  readonly version: string;
  /** The time of the commit (RFC 3339), where the file was pinned to one just now. */
  readonly asOf: string | null;
}

/** Maximum size of the file, in bytes. */
export const MAX_FILE_BYTES = 4 * 2 ** 20;

const BRANCH = /^(.*\/\+)\/refs\/heads\/([^/]+)\/(.+)$/;
const COMMIT = /^.*\/\+\/([0-9a-f]{40})\/.+$/;
const Head = z.object({
  commit: z.string().regex(/^[0-9a-f]{40}$/),
  committer: z.looseObject({ time: z.string() }).optional().catch(undefined),
});

/** Reads a file over HTTP. With `format=TEXT` it comes in base64; a gitiles branch is resolved to a commit first, so that one version serves the run. Refuses HTML, truncation and bytes that are not UTF-8 and more than 4 MiB. */
export async function readFileAt(address: string, run: Run): Promise<PinnedFile> {
  const url = new URL(address);
  const system: HttpSystem = { name: 'gitiles', root: url.origin };
  const send = createHttpClient(system, run);
  const get = async (path: string, query: Record<string, string>, maxBytes: number) => {
    const answer = await send({ method: 'GET', path, query, maxBytes });
    if (answer.status === 200) return answer;
    const said = redact(system, textOf(answer));
    throw new SourceError(
      `${answer.where}: unexpected status (found ${answer.status}, allowed 200): ${said}`,
    );
  };
  const query = Object.fromEntries(url.searchParams);
  if (query.format !== 'TEXT') {
    const text = wholeText(await get(url.pathname, query, MAX_FILE_BYTES));
    return { text, version: sha256(text), asOf: null };
  }
  const branch = BRANCH.exec(url.pathname);
  const [, tree, name, path] = branch ?? [];
  const head = branch ? await get(`${tree}/refs/heads/${name}`, { format: 'JSON' }, 2 ** 20) : undefined;
  const pinnedHead = head ? headOf(head) : undefined;
  const commit = pinnedHead?.commit ?? COMMIT.exec(url.pathname)?.[1];
  const pinned = head ? `${tree}/${commit}/${path}` : url.pathname;
  const text = decoded(await get(pinned, query, MAX_FILE_BYTES * 1.4));
  return { text, version: commit ?? sha256(text), asOf: timeOf(pinnedHead?.committer?.time) };
}

function headOf(answer: HttpAnswer): z.infer<typeof Head> {
  const parsed = Head.safeParse(jsonOf(answer, ")]}'"));
  if (!parsed.success) throw new SourceError(`${answer.where}: no commit (allowed: 40 hexadecimal digits)`);
  return parsed.data;
}

/** `Tue Aug 18 09:05:07 2026 +0000`, as Git prints a time. */
const GIT_TIME = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d{1,2}) (\d\d:\d\d:\d\d) (\d{4})(?: ([+-]\d{4}))?$/;

/** The time as RFC 3339 in UTC; null where it is not in Git's form. */
function timeOf(text: string | undefined): string | null {
  const parts = GIT_TIME.exec(`${text}`);
  if (!parts) return null;
  const [, month, day, clock, year, zone = '+0000'] = parts;
  const time = Date.parse(`${day} ${month} ${year} ${clock} ${zone}`);
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}

const sha256 = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

function decoded(answer: HttpAnswer): string {
  refuseHtml(answer);
  const base64 = textOf(answer).trim();
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) {
    throw new SourceError(
      `${answer.where}: no whole base64 (found ${base64.length} characters, allowed a multiple of four)`,
    );
  }
  return wholeText({ ...answer, body: Buffer.from(base64, 'base64') });
}

function wholeText(answer: HttpAnswer): string {
  refuseHtml(answer);
  const { length } = answer.body;
  if (length > MAX_FILE_BYTES) {
    throw new SourceError(
      `${answer.where}: the file is too large (found ${length} bytes, allowed ${MAX_FILE_BYTES})`,
    );
  }
  const text = utf8(answer);
  if (!text.endsWith('\n')) {
    throw new SourceError(
      `${answer.where}: the file is cut off (found ${length} bytes with no newline at the end)`,
    );
  }
  return text;
}

function utf8({ body, where }: HttpAnswer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    const at = firstFault(body);
    throw new SourceError(`${where}: the file is not UTF-8 (found the byte 0x${at.byte} in line ${at.line})`);
  }
}

/** The first byte that is not UTF-8, and its line. */
function firstFault(body: Uint8Array): { readonly byte: string; readonly line: number } {
  const found = Buffer.from(body);
  const read = Buffer.from(new TextDecoder('utf-8', { ignoreBOM: true }).decode(body));
  const index = found.findIndex((byte, i) => byte !== read[i]);
  const line = found.subarray(0, index).filter((byte) => byte === 0x0a).length + 1;
  return { byte: (found[index] ?? 0).toString(16), line };
}

function refuseHtml(answer: HttpAnswer): void {
  const type = String(answer.headers['content-type'] ?? '');
  if (!type.includes('html') && !/^\s*<(!doctype|html)/i.test(textOf(answer))) return;
  throw new SourceError(
    `${answer.where}: an HTML page came instead of the file (found ${type || 'no content type'})`,
  );
}
