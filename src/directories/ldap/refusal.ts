/** Makes a readable error of an LDAP result code other than success. */

import { SearchResponse, StatusCodeParser } from 'ldapts';
import { isRunEnd, messageOf } from '../../platform/errors.ts';
import { redact } from '../../platform/http-answer.ts';
import type { LdapResult } from './response.ts';

/** The error for an operation that the server refused. `matchedDn` is the part of the base that exists, if the base is wrong. */
export class LdapRefusal extends Error {
  readonly code: number;
  readonly matchedDn: string;
  constructor(message: string, { code, matchedDn }: Pick<LdapResult, 'code' | 'matchedDn'>, cause?: unknown) {
    super(message, { cause });
    this.name = 'LdapRefusal';
    this.code = code;
    this.matchedDn = matchedDn;
  }
}

const REFERRAL = 10;
/** Result codes on which a decision depends (RFC 4511, appendix A). */
export const NO_SUCH_OBJECT = 32;
export const UNABLE_TO_SERVE: ReadonlySet<number> = new Set([51, 52]);

/** Advice for each result code. */
const ADVICE: Readonly<Record<number, string>> = {
  3: 'the server’s time limit for LDAP_BIND_DN is too low, or an attribute of a filter is not indexed',
  4: 'the server’s size limit for LDAP_BIND_DN is too low, although pages are asked for',
  11: 'the server’s limit for LDAP_BIND_DN is too low, or an attribute of a filter is not indexed',
  13: 'set LDAP_STARTTLS or use ldaps://',
  32: 'the base does not exist, or LDAP_BIND_DN may not see it',
  50: 'LDAP_BIND_DN may not read this',
};

/** The error for a result other than success, its code by name, its text without secrets and at most 300 characters long. */
export function refusal(result: LdapResult, secrets: readonly string[] = []): LdapRefusal {
  if (result.code === REFERRAL) {
    const message = 'the server refers to another one (result code 10), and referrals are not followed';
    return new LdapRefusal(message, result);
  }
  const errorMessage = redact({ secrets }, result.diagnostic);
  const named = StatusCodeParser.parse(
    new SearchResponse({ messageId: 1, status: result.code, errorMessage }),
  );
  const advice = ADVICE[result.code];
  const text = `refused (${named.name}, result code ${result.code}: ${named.message})`;
  return new LdapRefusal(advice === undefined ? text : `${text}: ${advice}`, result);
}

/** The error with the place where it happened before its message. A deadline and a stop request pass unchanged. */
export function located(error: unknown, where: string): Error {
  if (isRunEnd(error)) return error;
  const message = `${where}: ${reasonOf(error)}`;
  return error instanceof LdapRefusal ? new LdapRefusal(message, error) : new Error(message);
}

/** Why an LDAP operation failed, in one line. */
export const reasonOf = (error: unknown): string => messageOf(error).replaceAll('\n', ' ');
