/** Warns of addresses without TLS, and of a proxy that is not used. */

import type { Log } from '../platform/log.ts';
import { isLoopback } from '../platform/loopback.ts';
import type { Environment } from '../platform/settings.ts';

const PROXIES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'];

/** The settings with an address without TLS that is not on this machine: others can read and change what is sent there. */
export const unencrypted = (values: Readonly<Record<string, unknown>>): readonly string[] =>
  Object.entries(values)
    .filter(([name, value]) => {
      const url = typeof value === 'string' && /_(?:URL|HOST)$/.test(name) ? URL.parse(value) : null;
      return url?.protocol === 'http:' && !isLoopback(url.hostname);
    })
    .map(([name]) => name);

/** Proxy variables that Node does not use, since `NODE_USE_ENV_PROXY` is not 1. */
export function unusedProxies(environment: Environment): readonly string[] {
  const isUsed =
    environment.NODE_USE_ENV_PROXY === '1' || /--use-env-proxy\b/.test(environment.NODE_OPTIONS ?? '');
  return isUsed ? [] : PROXIES.filter((name) => environment[name]);
}

/** Warns, once a run, of addresses without TLS and of a proxy that is not used. */
export function warnOfNetwork(
  values: Readonly<Record<string, unknown>>,
  environment: Environment,
  log: Log,
): void {
  const settings = unencrypted(values);
  if (settings.length > 0)
    log.warn({ event: 'http.in-the-clear', settings }, 'requests and secrets travel without TLS');
  const variables = unusedProxies(environment);
  if (variables.length > 0)
    log.warn(
      { event: 'proxy.not-used', variables },
      'a proxy is set but not used: it needs NODE_USE_ENV_PROXY=1 before the start',
    );
}
