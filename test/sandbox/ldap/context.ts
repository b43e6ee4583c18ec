import type { LdapEntry } from './entries.ts';
import type { LdapResult, LdapSearchRequest } from './messages.ts';

/** Ways to go wrong, settable at any time. */
export interface LdapFaults {
  /** Hangs up after so many entries of a search, before its result. */
  dropAfter?: number;
  /** Never answers to this, and keeps the connection. `tls`: StartTLS is granted and the handshake never comes. */
  stall?: 'bind' | 'search' | 'starttls' | 'tls';
  /** The page of this number (from 1) is empty and has a cookie. */
  emptyPage?: number;
  /** Sends so many values of an attribute at once, under a name with a range. */
  valuesAtOnce?: number;
  /** What is wrong with every ranged answer after the first. */
  ranges?: 'repeated' | 'missing' | 'empty' | 'short';
  /** Every search ends in this. */
  searchResult?: LdapResult;
  /** Every search's answer begins with a reference to this URL. */
  reference?: string;
  /** Every search is answered by this text, which is no LDAP. */
  garbage?: string;
  /** Values of this attribute are no UTF-8. */
  bytes?: string;
  /** Attributes that an access rule keeps from everybody: neither sent nor matched. */
  hidden?: readonly string[];
}

export interface LdapBinder {
  readonly dn: string;
  readonly password: string;
}

/** A search as the server saw it, with how many pages of it were asked for and who asked. */
export interface SeenSearch {
  readonly request: LdapSearchRequest;
  readonly boundAs: string;
  pages: number;
}

export interface SeenBind {
  readonly dn: string;
  readonly code: number;
}

/** What all connections of one server share. `entries` and `faults` may be changed at any time. */
export interface LdapContext {
  entries: LdapEntry[];
  faults: LdapFaults;
  readonly binders: readonly LdapBinder[];
  /** What is answered to who has not bound: entries, nothing, or the refusal of Active Directory. */
  readonly anonymous: 'read' | 'none' | 'refused';
  /** The most entries of an answer without paging. */
  readonly sizeLimit: number;
  /** The most entries of a page, however many are asked for. */
  readonly pageLimit: number;
  /** What the root DSE names; its other attributes are in `rootDse`. */
  readonly namingContexts: readonly string[];
  readonly rootDse: Readonly<Record<string, string | string[]>>;
  /** What ends a search for the root DSE, instead of success. */
  readonly rootDseResult: LdapResult | undefined;
  /** References in every answer to a search below a naming context. */
  readonly references: readonly string[];
  /** The state of the data, at each naming context, as replication counts it; absent where replication is not set up. */
  contextCsn: string | string[] | undefined;
  /** Called with each search before it is answered, and with its number from 1. */
  beforeSearch: ((search: LdapSearchRequest, nth: number) => void) | undefined;
  readonly searches: SeenSearch[];
  readonly binds: SeenBind[];
  connections: number;
  unbinds: number;
}
