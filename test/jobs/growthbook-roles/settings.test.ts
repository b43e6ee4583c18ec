import { describe, expect, test } from 'vitest';
import { defaultPolicy } from '../../../src/jobs/growthbook-roles/policy.ts';
import { growthBookCrossChecks, growthBookSettings } from '../../../src/jobs/growthbook-roles/settings.ts';
import { SettingsError } from '../../../src/platform/errors.ts';
import { readSettings } from '../../../src/platform/settings.ts';

const KEY = 'secret_admin_hunter2';
const NEEDED = {
  LDAP_SERVERS: 'ldap://127.0.0.1:389',
  GROWTHBOOK_API_URL: 'https://gb.example.org',
  GROWTHBOOK_LDAP_SYNC_API_KEY: KEY,
  GROWTHBOOK_PROJECT: 'prj_a',
};
const read = (environment: Readonly<Record<string, string>>) =>
  readSettings(growthBookSettings, environment, {
    crossChecks: growthBookCrossChecks,
    known: Object.keys(growthBookSettings),
  });
function faultsOf(environment: Readonly<Record<string, string>>): readonly string[] {
  try {
    read(environment);
  } catch (error) {
    if (error instanceof SettingsError) return error.errors;
    throw error;
  }
  return [];
}
const withNeeded = (over: Readonly<Record<string, string>>) => ({ ...NEEDED, ...over });

test('four settings are required, and all that are missing are named at once', () => {
  expect(faultsOf({}).map((fault) => fault.split(':')[0])).toEqual(Object.keys(NEEDED));
  expect(faultsOf(NEEDED)).toEqual([]);
});

test('every other setting has its default', () => {
  expect(read(NEEDED)).toMatchObject({
    MODE: 'observe',
    SYNC_DEADLINE_SECONDS: 240,
    LOG_LEVEL: 'info',
    LDAP_BIND_DN: undefined,
    LDAP_BIND_PASSWORD: undefined,
    LDAP_STARTTLS: false,
    LDAP_CA_CERT_PATH: undefined,
    LDAP_TLS_SERVER_NAME: undefined,
    LDAP_GROUPS_BASE: 'ou=groups,dc=wikimedia,dc=org',
    LDAP_PEOPLE_BASE: 'ou=people,dc=wikimedia,dc=org',
    DATA_YAML_URL: expect.stringMatching(/^https:\/\/gerrit\.wikimedia\.org\/.*\/data\.yaml\?format=TEXT$/),
    DATA_YAML_MIN_USERS: 100,
    GROWTHBOOK_GLOBAL_ROLE: 'readonly',
    GROWTHBOOK_PROTECTED_MEMBERS: [],
    GROWTHBOOK_POLICY: undefined,
    GROWTHBOOK_REQUESTS_PER_MINUTE: 60,
    SAFETY_MAX_COUNT: 5,
    SAFETY_MAX_PERCENT: 10,
    SAFETY_MAX_HIGHEST: 3,
    SAFETY_MAX_GAINED_COUNT: 10,
    SAFETY_MAX_GAINED_PERCENT: 25,
  });
});

describe('each boundary', () => {
  test.each([
    ['SYNC_DEADLINE_SECONDS', 1, 1700],
    ['GROWTHBOOK_REQUESTS_PER_MINUTE', 1, 6000],
    ['SAFETY_MAX_PERCENT', 0, 100],
    ['SAFETY_MAX_GAINED_PERCENT', 0, 100],
  ])('%s: from %i to %i', (name, from, to) => {
    for (const value of [from, to])
      expect(faultsOf(withNeeded({ [name]: `${value}` })), `${value}`).toEqual([]);
    for (const value of [from - 1, to + 1]) {
      expect(faultsOf(withNeeded({ [name]: `${value}` }))).toEqual([
        `${name}: found "${value}", allowed: a whole number from ${from} to ${to}`,
      ]);
    }
  });

  test.each(['SAFETY_MAX_COUNT', 'SAFETY_MAX_HIGHEST', 'SAFETY_MAX_GAINED_COUNT', 'DATA_YAML_MIN_USERS'])(
    '%s may be 0 and not less',
    (name) => {
      expect(faultsOf(withNeeded({ [name]: '0' }))).toEqual([]);
      expect(faultsOf(withNeeded({ [name]: '-1' }))).toHaveLength(1);
    },
  );

  test.each([
    ['readonly', true],
    ['noaccess', true],
    ['collaborator', false],
    ['admin', false],
    ['READONLY', false],
  ])('the global role in a write may be %s: %s', (role, allowed) => {
    expect(faultsOf(withNeeded({ GROWTHBOOK_GLOBAL_ROLE: role }))).toHaveLength(allowed ? 0 : 1);
  });
});

describe('the API’s root', () => {
  test.each([
    'https://gb.example.org',
    'https://gb.example.org/',
    'http://127.0.0.1:3100',
    'https://x.org/api-host',
    'https://api.x.org',
  ])('%s is one', (url) => {
    expect(faultsOf(withNeeded({ GROWTHBOOK_API_URL: url }))).toEqual([]);
  });
  test.each([
    'https://x.org/api',
    'https://x.org/api/',
    'https://x.org/api/v1',
    'https://x.org/api/v1/',
    'https://x.org/sub/api',
  ])('%s is not: /api/v1 is appended', (url) => {
    expect(faultsOf(withNeeded({ GROWTHBOOK_API_URL: url }))).toEqual([
      expect.stringMatching(/^GROWTHBOOK_API_URL: .*root/),
    ]);
  });
});

describe('LDAP', () => {
  test.each([
    [{ LDAP_BIND_DN: 'cn=x' }, /^LDAP_BIND_PASSWORD: /],
    [{ LDAP_BIND_PASSWORD: 'hunter2' }, /^LDAP_BIND_DN: /],
    [{ LDAP_SERVERS: 'ldaps://a', LDAP_STARTTLS: 'true' }, /^LDAP_STARTTLS: /],
    [{ LDAP_SERVERS: 'ldap://a, ldaps://b', LDAP_STARTTLS: 'true' }, /^LDAP_STARTTLS: /],
    [{ LDAP_SERVERS: 'http://a' }, /^LDAP_SERVERS: /],
  ])('%j is a fault', (over, fault) => {
    const faults = faultsOf(withNeeded(over));
    expect(faults).toEqual([expect.stringMatching(fault)]);
    expect(faults.join()).not.toContain('hunter2');
  });

  test('an empty password is refused at start', () => {
    expect(faultsOf(withNeeded({ LDAP_BIND_DN: 'cn=x', LDAP_BIND_PASSWORD: '' }))).toContainEqual(
      expect.stringMatching(/^LDAP_BIND_PASSWORD: .*not empty/),
    );
  });

  test.each([
    { LDAP_BIND_DN: 'cn=x', LDAP_BIND_PASSWORD: 'y' },
    { LDAP_SERVERS: 'ldap://a', LDAP_STARTTLS: 'true' },
    { LDAP_SERVERS: 'ldaps://a b:1636,c' },
  ])('%j is none', (over) => {
    expect(faultsOf(withNeeded(over))).toEqual([]);
  });
});

describe('a policy of the operator’s', () => {
  test('replaces the default whole', () => {
    const policy = { ...defaultPolicy(), mayBeEmpty: ['growthbook-admin'] };
    expect(read(withNeeded({ GROWTHBOOK_POLICY: JSON.stringify(policy) })).GROWTHBOOK_POLICY).toEqual(policy);
  });

  test('that is at fault is one fault of the settings, with all of its own', () => {
    const policy = { ...defaultPolicy(), otherwise: { rule: 4 }, mayBeEmpty: ['nobody'] };
    const faults = faultsOf(withNeeded({ GROWTHBOOK_POLICY: JSON.stringify(policy, null, 2) }));
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(/^GROWTHBOOK_POLICY: .*rule 4 occurs twice.*nobody/s);
  });
});

test('a key is never printed, whatever is wrong around it', () => {
  const faults = faultsOf({
    GROWTHBOOK_LDAP_SYNC_API_KEY: KEY,
    GROWTHBOOK_LDAP_SYNC_API_KEYS: KEY,
    SAFETY_MAX_COUNT: 'x',
  });
  expect(faults.length).toBeGreaterThan(4);
  expect(faults.join()).not.toContain('hunter2');
});

test('white space at the ends of a key and a slash at the end of an address are cut', () => {
  const values = read(
    withNeeded({ GROWTHBOOK_LDAP_SYNC_API_KEY: `${KEY}\n`, GROWTHBOOK_API_URL: 'https://gb.example.org/' }),
  );
  expect([values.GROWTHBOOK_LDAP_SYNC_API_KEY, values.GROWTHBOOK_API_URL]).toEqual([
    KEY,
    'https://gb.example.org',
  ]);
});

test.each([
  'Jonas <jonas@example.org>',
  '"jonas@example.org"',
  'jonas@example.org;ann@example.org',
  'jonas',
  '<jonas@example.org>',
  '@example.org',
  'jonas@',
  'mailto:jonas@example.org',
  'ann@example.org, jonas',
])('a protected member that is no address is refused, since it would protect nobody: %s', (value) => {
  const faults = faultsOf(withNeeded({ GROWTHBOOK_PROTECTED_MEMBERS: value }));
  expect(faults).toEqual([expect.stringMatching(/^GROWTHBOOK_PROTECTED_MEMBERS: .*addresses alone/)]);
});

test.each(["o'brien+x@example.org", 'zoë@bücher.example', 'a.b@sub.example.org', 'ann@localhost'])(
  'a protected member may be %s',
  (value) => {
    expect(read(withNeeded({ GROWTHBOOK_PROTECTED_MEMBERS: value })).GROWTHBOOK_PROTECTED_MEMBERS).toEqual([
      value,
    ]);
  },
);

test.each(['secret_a\nb', 'secret_a\u200bb', '"secret_ab"', 'secret_a b'])(
  'an API key that no header can carry is a settings fault: %j',
  (value) => {
    expect(faultsOf(withNeeded({ GROWTHBOOK_LDAP_SYNC_API_KEY: value }))).toHaveLength(1);
  },
);
