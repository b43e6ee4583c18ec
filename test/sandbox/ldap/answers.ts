import { ProtocolOperation } from 'ldapts';
import { normalizeDn } from '../../../src/directories/ldap/dn.ts';
import type { LdapContext, LdapFaults, SeenSearch } from './context.ts';
import { inScope, type LdapAttribute, type LdapEntry, selected } from './entries.ts';
import { matcher } from './filter.ts';
import {
  entryMessage,
  type LdapResult,
  type LdapSearchRequest,
  referenceMessage,
  resultMessage,
} from './messages.ts';
import { rootDse, visibleEntries } from './tree.ts';

/** Searches in mid-paging on one connection, by cookie. */
export type OpenSearches = Map<string, OpenSearch>;

interface OpenSearch {
  readonly seen: SeenSearch;
  readonly left: readonly LdapEntry[];
}

interface Page {
  readonly entries: readonly LdapEntry[];
  readonly result: LdapResult;
}

const NO_SUCH_OBJECT = 32;
const SIZE_LIMIT_EXCEEDED = 4;
const UNWILLING = 53;
const MUST_BIND = {
  code: 1,
  text: '000004DC: LdapErr: DSID-0C090A5C, comment: In order to perform this operation a successful bind must be completed on the connection.',
};
const RANGED = /^([^;]+);range=(\d+)-(?:\d+|\*)$/i;

/** The messages that answer one search or one page of it; the last one is its result. */
export function answerSearch(
  context: LdapContext,
  asked: { readonly id: number; readonly search: LdapSearchRequest; readonly boundAs: string },
  open: OpenSearches,
): readonly Buffer[] {
  const { entries, result } = pageFor(context, asked, open);
  const faults = isAboutServer(context, asked.search) ? {} : context.faults;
  const references = referencesFor(context, asked.search).map((url) => referenceMessage(asked.id, url));
  const found = entries.map((entry) =>
    entryMessage(asked.id, entry.dn, attributesFor(entry, asked.search.attributes, faults), faults.bytes),
  );
  const last = resultMessage(asked.id, ProtocolOperation.LDAP_RES_SEARCH, faults.searchResult ?? result);
  return [...references, ...found, last];
}

/** Whether a search asks for the server's state alone: the root DSE, or a naming context. It is not among `searches` and has no faults. */
export const isAboutServer = ({ namingContexts }: LdapContext, { base, scope }: LdapSearchRequest): boolean =>
  scope === 'base' &&
  (base === '' || namingContexts.some((context) => normalizeDn(context) === normalizeDn(base)));

function aboutServer(context: LdapContext, { base }: LdapSearchRequest, boundAs: string): Page {
  if (base === '' && context.rootDseResult) return { entries: [], result: context.rootDseResult };
  if (base === '') return { entries: [rootDse(context)], result: { code: 0 } };
  if (boundAs === '' && context.anonymous === 'refused') return { entries: [], result: MUST_BIND };
  const entries =
    boundAs === '' && context.anonymous === 'none' ? [] : inScope(visibleEntries(context), base, 'base');
  return { entries: entries ?? [], result: { code: 0 } };
}

function referencesFor({ faults, references, namingContexts }: LdapContext, search: LdapSearchRequest) {
  const isAtTop = namingContexts.some((context) => normalizeDn(context) === normalizeDn(search.base));
  const ordinary = isAtTop && search.scope !== 'base' && !search.paging?.cookie ? references : [];
  return faults.reference === undefined ? ordinary : [faults.reference];
}

function pageFor(
  context: LdapContext,
  asked: { readonly search: LdapSearchRequest; readonly boundAs: string },
  open: OpenSearches,
): Page {
  const { paging } = asked.search;
  if (!paging?.cookie) return firstPage(context, asked, open);
  const search = open.get(paging.cookie);
  open.delete(paging.cookie);
  if (!search) return { entries: [], result: { code: UNWILLING, text: 'unknown cookie' } };
  return nextPage(context, { ...search, size: paging.size }, open);
}

function firstPage(
  context: LdapContext,
  { search, boundAs }: { readonly search: LdapSearchRequest; readonly boundAs: string },
  open: OpenSearches,
): Page {
  const seen: SeenSearch = { request: search, boundAs, pages: 0 };
  if (isAboutServer(context, search)) return aboutServer(context, search, boundAs);
  context.searches.push(seen);
  context.beforeSearch?.(search, context.searches.length);
  if (boundAs === '' && context.anonymous === 'refused') return { entries: [], result: MUST_BIND };
  const nothing = boundAs === '' && context.anonymous === 'none';
  const directory = visibleEntries(context);
  const scoped = inScope(directory, search.base, search.scope);
  if (!scoped) return { entries: [], result: { code: NO_SUCH_OBJECT, text: 'no such entry' } };
  const found = nothing ? [] : scoped.filter(matcher(search.filter, directory));
  if (search.paging) return nextPage(context, { seen, left: found, size: search.paging.size }, open);
  seen.pages = 1;
  const limit = Math.min(search.sizeLimit || Number.POSITIVE_INFINITY, context.sizeLimit);
  return { entries: found.slice(0, limit), result: { code: found.length > limit ? SIZE_LIMIT_EXCEEDED : 0 } };
}

function nextPage(
  context: LdapContext,
  search: OpenSearch & { readonly size: number },
  open: OpenSearches,
): Page {
  const { seen, left } = search;
  seen.pages += 1;
  const size = seen.pages === context.faults.emptyPage ? 0 : Math.min(search.size, context.pageLimit);
  const rest = left.slice(size);
  if (rest.length === 0) return { entries: left, result: { code: 0, cookie: '' } };
  const cookie = `${context.searches.indexOf(seen)}-${seen.pages}`;
  open.set(cookie, { seen, left: rest });
  return { entries: left.slice(0, size), result: { code: 0, cookie } };
}

function attributesFor(
  entry: LdapEntry,
  requested: readonly string[],
  faults: LdapFaults,
): readonly LdapAttribute[] {
  const plain = requested.map((name) => RANGED.exec(name)?.[1] ?? name);
  const starts = new Map(
    requested.map((name) => [(RANGED.exec(name)?.[1] ?? name).toLowerCase(), startOf(name)]),
  );
  return selected(entry, plain).flatMap((attribute) =>
    inRange(attribute, starts.get(attribute.name.toLowerCase()) ?? 0, faults),
  );
}

const startOf = (name: string) => Number(RANGED.exec(name)?.[2] ?? 0);

function inRange(attribute: LdapAttribute, start: number, faults: LdapFaults): readonly LdapAttribute[] {
  const { name, values } = attribute;
  const size = faults.valuesAtOnce ?? Number.POSITIVE_INFINITY;
  if (start === 0 && values.length <= size) return [attribute];
  if (start > 0 && faults.ranges === 'missing') return [];
  const first = start > 0 && faults.ranges === 'repeated' ? 0 : start;
  const some = values.slice(first, first + size);
  const last = first + some.length >= values.length ? '*' : `${first + some.length - 1}`;
  const wrong = start > 0 ? faults.ranges : undefined;
  const sent = wrong === 'empty' ? [] : some.slice(wrong === 'short' ? 1 : 0);
  return [{ name: `${name};range=${first}-${last}`, values: sent }];
}
