import type { LdapEntry } from '../ldap/entries.ts';
import { type LdapSandbox, startLdapServer } from '../ldap/server.ts';
import { dataYamlText, growthBookContent, ldapEntries, PROJECT, PROTECTED } from './example.ts';
import { type Gitiles, startGitiles } from './gitiles.ts';
import { type GrowthBook, startGrowthBook } from './server.ts';
import { DEFAULT_KEY, type GrowthBookContent } from './state.ts';

/** Everything that `growthbook-roles` talks to, on loopback, and the environment that points there. */
export interface GrowthBookSandbox {
  readonly ldap: LdapSandbox;
  readonly gitiles: Gitiles;
  readonly growthbook: GrowthBook;
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

const BINDER = { dn: 'cn=reader,dc=wikimedia,dc=org', password: 'sandbox' };
const FILE = 'modules/admin/data/data.yaml';
const COMMIT = 'c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00';

/** What differs from the example. `now` gives milliseconds. */
export interface GrowthBookSandboxOptions {
  readonly now?: () => number;
  readonly content?: GrowthBookContent;
  readonly entries?: readonly LdapEntry[];
  /** GrowthBook's rate limit (default: 60, as in production). */
  readonly requestsPerMinute?: number;
  /** Puppet's `data.yaml`: text, or bytes. */
  readonly file?: string | Buffer;
  /** The password of who binds in LDAP. */
  readonly bindPassword?: string;
  /** GrowthBook's port where it is free. */
  readonly port?: number;
}

/** Starts the example's sandbox, or another one. */
export async function startGrowthBookSandbox(
  options: GrowthBookSandboxOptions = {},
): Promise<GrowthBookSandbox> {
  const {
    now = Date.now,
    content = growthBookContent,
    entries = ldapEntries(),
    file = dataYamlText(),
    requestsPerMinute = 60,
    bindPassword = BINDER.password,
    port,
  } = options;
  const ldap = await startLdapServer({
    entries,
    bind: [{ ...BINDER, password: bindPassword }],
    anonymous: 'none',
  });
  const gitiles = await startGitiles({ files: { production: { [COMMIT]: { [FILE]: file } } }, now });
  const growthbook = await startGrowthBook({ ...content, now, requestsPerMinute, port });
  return {
    ldap,
    gitiles,
    growthbook,
    environment: {
      LDAP_SERVERS: ldap.url,
      LDAP_BIND_DN: BINDER.dn,
      LDAP_BIND_PASSWORD: bindPassword,
      DATA_YAML_URL: gitiles.textUrl('production', FILE),
      GROWTHBOOK_API_URL: growthbook.origin,
      GROWTHBOOK_LDAP_SYNC_API_KEY: DEFAULT_KEY.secret,
      GROWTHBOOK_PROJECT: PROJECT,
      GROWTHBOOK_PROTECTED_MEMBERS: PROTECTED,
      GROWTHBOOK_REQUESTS_PER_MINUTE: `${requestsPerMinute}`,
    },
    close: async () => {
      await Promise.all([ldap.close(), gitiles.close(), growthbook.close()]);
    },
  };
}
