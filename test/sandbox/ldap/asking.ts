import {
  type LdapServer,
  type LdapSession,
  type LdapSettings,
  withLdap,
} from '../../../src/directories/ldap/session.ts';
import { createDeadline, systemClock } from '../../../src/platform/clock.ts';
import {
  createRequestCounter,
  type RequestCounter,
  type RequestCounts,
} from '../../../src/platform/request-counts.ts';
import { groupsBase, peopleBase, suffix } from './people.ts';

/** The account that may read. */
export const reader = { dn: `cn=reader,${suffix}`, password: 'open sesame' };

/** A server on this machine. */
export const at = (port: number, protocol: LdapServer['protocol'] = 'ldap'): LdapServer => ({
  protocol,
  host: '127.0.0.1',
  port,
});

/** Settings with which the reader binds to a port of this machine, without TLS by default. */
export const settingsFor = (port: number, given: Partial<LdapSettings> = {}): LdapSettings => ({
  servers: [at(port)],
  bindDn: reader.dn,
  bindPassword: reader.password,
  startTls: false,
  groupsBase,
  peopleBase,
  ...given,
});

/** The same without a bind. */
export function anonymousFor(port: number): LdapSettings {
  const { bindDn, bindPassword, ...others } = settingsFor(port);
  return others;
}

/**
 * What one run got, with the calls that it made after the two with which every run begins (root DSE and `contextCSN`); an error
 * is kept, to be looked at.
 */
export interface Asked<T> {
  readonly answer: T | undefined;
  readonly error: string | undefined;
  readonly calls: RequestCounts[string];
}

/** One run against a directory, with `ms` (20 s by default) until its deadline. */
export async function ask<T>(
  settings: LdapSettings,
  use: (ldap: LdapSession) => Promise<T>,
  ms = 20_000,
): Promise<Asked<T>> {
  const calls = createRequestCounter();
  const run = { deadline: createDeadline(systemClock, ms), requestCounter: calls };
  try {
    const answer = await withLdap(settings, run, use);
    return { answer, error: undefined, calls: dataCalls(calls) };
  } catch (error) {
    return { answer: undefined, error: String(error), calls: dataCalls(calls) };
  }
}

function dataCalls(counter: RequestCounter): RequestCounts[string] {
  const { rootdse, contextcsn, ...calls } = counter.counts()['ldap'] ?? {};
  return calls;
}
