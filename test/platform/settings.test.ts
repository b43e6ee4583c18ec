import { describe, expect, test } from 'vitest';
import { knownSettings } from '../../src/jobs/registry.ts';
import { SettingsError } from '../../src/platform/errors.ts';
import {
  boolean,
  type Environment,
  httpUrl,
  integer,
  misspellings,
  names,
  noQuery,
  oneOf,
  optional,
  readSettings,
  required,
  type Setting,
  type SettingsSpec,
  secret,
  text,
} from '../../src/platform/settings.ts';

const read = <S extends SettingsSpec>(spec: S, environment: Environment) =>
  readSettings(spec, environment, { crossChecks: () => [], known: Object.keys(spec) });
const parse = <T>(setting: Setting<T>, value: string) => read({ IT: setting }, { IT: value }).IT;
function faultsOf(act: () => unknown): readonly string[] {
  try {
    act();
  } catch (error) {
    if (error instanceof SettingsError) return error.errors;
    throw error;
  }
  return [];
}

describe('a whole number', () => {
  const number = integer(1, 1700)('about', '240');
  test.each([
    ['1', 1],
    ['2', 2],
    ['1700', 1700],
    ['007', 7],
  ])('%s is %i', (value, expected) => {
    expect(parse(number, value)).toBe(expected);
  });

  test.each(['0', '1701', '-1', '+1', '1.0', '1e3', '0x10', 'ten', '1 2', '١', 'Infinity', '9'.repeat(70)])(
    '%s is refused, with the bounds',
    (value) => {
      expect(faultsOf(() => parse(number, value))).toEqual([
        `IT: found "${value}", allowed: a whole number from 1 to 1700`,
      ]);
    },
  );
});

describe('words', () => {
  test.each(['observe', 'enforce'])('%s is one of them', (word) => {
    expect(parse(oneOf('observe', 'enforce')('about', 'observe'), word)).toBe(word);
  });
  test.each(['Observe', 'ENFORCE', 'enforced', 'enforce observe', 'toString', '__proto__'])(
    '%s is not',
    (word) => {
      expect(faultsOf(() => parse(oneOf('observe', 'enforce')('about', 'observe'), word))).toEqual([
        `IT: found "${word}", allowed: observe or enforce`,
      ]);
    },
  );
  test.each([
    ['true', true],
    ['false', false],
  ])('%s is %s', (value, expected) => {
    expect(parse(boolean('about', 'false'), value)).toBe(expected);
  });
  test.each(['yes', '1', 'TRUE', 'True', 'no', '0'])('%s is neither true nor false', (value) => {
    expect(faultsOf(() => parse(boolean('about', 'false'), value))).toHaveLength(1);
  });
});

test.each([
  ['', []],
  ['a', ['a']],
  ['a,b', ['a', 'b']],
  [' a , b\tc\n,,d ', ['a', 'b', 'c', 'd']],
  [',', []],
])('names in %j are %j', (value, expected) => {
  expect(parse(names('about', ''), value)).toEqual(expected);
});

describe('an address', () => {
  const api = httpUrl(noQuery)('about', 'https://default.example.org');
  test.each([
    ['https://gb.example.org', 'https://gb.example.org'],
    ['http://127.0.0.1:3100', 'http://127.0.0.1:3100'],
    ['https://gb.example.org/', 'https://gb.example.org'],
    ['https://gb.example.org//', 'https://gb.example.org'],
    ['https://gb.example.org/sub/', 'https://gb.example.org/sub'],
    [' https://gb.example.org ', 'https://gb.example.org'],
  ])('%j is %s', (value, expected) => {
    expect(parse(api, value)).toBe(expected);
  });

  test.each([
    'gb.example.org',
    'ftp://gb.example.org',
    'file:///etc/passwd',
    'https://',
    'javascript:alert(1)',
    '/api',
  ])('%s is refused', (value) => {
    expect(faultsOf(() => parse(api, value))).toHaveLength(1);
  });

  test.each(['https://gb.example.org/?a=b', 'https://gb.example.org/#top'])('%s is no plain one', (value) => {
    expect(faultsOf(() => parse(api, value))[0]).toContain('without query or fragment');
  });

  test.each([
    'https://me:hunter2@gb.example.org',
    'https://me:hunter2/x@gb.example.org',
    'https://me:@hunter2@gb.example.org',
    'https://hunter2@gb.example.org',
    'me:hunter2@gb.example.org',
  ])('with credentials is refused, and they are not printed: %s', (value) => {
    const faults = faultsOf(() => parse(api, value));
    expect(faults).toHaveLength(1);
    expect(faults[0]).not.toContain('hunter2');
  });

  test('with credentials is refused for them', () => {
    expect(faultsOf(() => parse(api, 'https://me:hunter2@gb.example.org'))[0]).toContain(
      'without credentials',
    );
  });

  test('what was found is one line, and not too long of it', () => {
    const [fault = ''] = faultsOf(() => parse(api, `x\n${'y'.repeat(1000)}`));
    expect(fault).not.toContain('\n');
    expect(fault.length).toBeLessThan(200);
  });

  test('keeps a query where one may stand', () => {
    const file = 'https://gerrit.example.org/data.yaml?format=TEXT';
    expect(parse(httpUrl()('about', file), file)).toBe(file);
  });
});

describe('what is not set', () => {
  test('has its default', () => {
    expect(read({ IT: integer(0, 9)('about', '5') }, {}).IT).toBe(5);
  });
  test.each(['', ' ', '\t\n'])('is what is only white space, too (%j)', (value) => {
    expect(parse(optional(text, 'about'), value)).toBeUndefined();
    expect(parse(names('about', ''), value)).toEqual([]);
  });
  test.each(['', ' ', '\t\n'])('is refused where there is a default that it could not mean (%j)', (value) => {
    expect(faultsOf(() => parse(names('about', 'wmf wmde'), value))).toEqual([
      'IT: found nothing, allowed: a value that is not empty (or leave the variable out)',
    ]);
  });
  test('is undefined where it is optional', () => {
    expect(read({ IT: optional(text, 'about') }, {}).IT).toBeUndefined();
  });
  test.each([{}, { IT: undefined }, { IT: '' }, { IT: '  ' }])(
    'is refused where it is required: %j',
    (environment) => {
      expect(faultsOf(() => read({ IT: required(text, 'the id of the project') }, environment))).toEqual([
        'IT: found nothing, allowed: the id of the project (required)',
      ]);
    },
  );
});

describe('a secret', () => {
  const spec = { KEY: secret(required(text, 'a key')), PASSWORD: secret(optional(text, 'a password')) };

  test.each(['key ', 'key\n', ' key', 'key\r\n'])('has white space cut from its ends: %j', (value) => {
    expect(read(spec, { KEY: value }).KEY).toBe('key');
  });

  test.each(['', ' ', '\n'])('that is empty is refused at start: %j', (value) => {
    const faults = faultsOf(() => read(spec, { KEY: value, PASSWORD: value }));
    expect(faults).toHaveLength(2);
    expect(faults.join()).toMatch(/not empty/);
  });

  test('may be left out where it is optional', () => {
    expect(read(spec, { KEY: 'k' }).PASSWORD).toBeUndefined();
  });

  test('is never printed, only its length', () => {
    const strict = { KEY: secret(integer(1, 2)('a number', '1')) };
    const [fault = ''] = faultsOf(() => read(strict, { KEY: 'hunter2' }));
    expect(fault).toContain('found 7 characters');
    expect(fault).not.toContain('hunter2');
  });
});

describe('all faults stand in one message', () => {
  const spec = {
    FIRST: integer(1, 2)('about', '1'),
    SECOND: oneOf('a', 'b')('about', 'a'),
    THIRD: required(text, 'something'),
    FOURTH: text('about', 'x'),
  };

  test('with each variable’s name, what was found and what is allowed', () => {
    const environment = { FIRST: '3', SECOND: 'c', FOURTHH: 'y' };
    const crossChecks = () => ['FOURTH: not with FIRST'];
    const act = () => readSettings(spec, environment, { crossChecks, known: Object.keys(spec) });
    expect(faultsOf(act)).toEqual([
      expect.stringMatching(/^FOURTHH: .*allowed: FOURTH/),
      'FIRST: found "3", allowed: a whole number from 1 to 2',
      'SECOND: found "c", allowed: a or b',
      'THIRD: found nothing, allowed: something (required)',
      'FOURTH: not with FIRST',
    ]);
    expect(act).toThrow(/^settings: 5 errors: .*FOURTHH.*FIRST.*SECOND.*THIRD.*FOURTH: not with/);
  });

  test('faults between settings see undefined for what is at fault itself', () => {
    const seen: unknown[] = [];
    const crossChecks = (values: object) => {
      seen.push(values);
      return [];
    };
    faultsOf(() => readSettings(spec, { FIRST: '3', SECOND: 'b', THIRD: 't' }, { crossChecks, known: [] }));
    expect(seen).toEqual([{ SECOND: 'b', THIRD: 't', FOURTH: 'x' }]);
  });

  test('none is none', () => {
    expect(read(spec, { THIRD: 't' })).toEqual({ FIRST: 1, SECOND: 'a', THIRD: 't', FOURTH: 'x' });
  });
});

describe('a misspelling', () => {
  const known = ['LDAP_SERVERS', 'MODE', 'GROWTHBOOK_PROJECT', 'SAFETY_MAX_COUNT', 'GITLAB_URL'];
  const found = (name: string) => misspellings({ [name]: 'hunter2' }, known);

  test.each([
    ['LDAP_SERVER', 'LDAP_SERVERS'],
    ['LDAP_SERVRES', 'LDAP_SERVERS'],
    ['LDAPSERVERS', 'LDAP_SERVERS'],
    ['LDAP_SERV', undefined],
    ['XLDAP_SERVERSX', 'LDAP_SERVERS'],
    ['XXLDAP_SERVERSX', undefined],
    ['GROWTHBOOK_PROJECTS', 'GROWTHBOOK_PROJECT'],
    ['GROWTHBOOK_PROJECT_ID', undefined],
    ['SAFETY_MAX_COUNTS', 'SAFETY_MAX_COUNT'],
    ['SAFETY_MAXCOUNT', 'SAFETY_MAX_COUNT'],
    ['MOD', undefined],
    ['MODES', undefined],
    ['MODEL', undefined],
    ['CODE', undefined],
    ['GITLABURLS', 'GITLAB_URL'],
    ['GITLAB_URI', 'GITLAB_URL'],
    ['ldap_servers', undefined],
  ])('%s, close in proportion to its length, is refused, naming the one meant: %s', (name, meant) => {
    const faults = found(name);
    expect(faults).toHaveLength(meant === undefined ? 0 : 1);
    if (meant !== undefined) expect(faults[0]).toMatch(new RegExp(`^${name}: .*allowed: ${meant}\\b`));
  });

  test('never prints what the variable holds', () => {
    expect(found('LDAP_SERVER').join()).not.toContain('hunter2');
  });

  test.each(known)('%s itself is none', (name) => {
    expect(found(name)).toEqual([]);
  });

  test.each(['HOME', 'NODE', 'MAKE'])('%s is let through, which shells, npm and make set', (name) => {
    expect(found(name)).toEqual([]);
  });

  test('names that a platform makes for its services are let through', () => {
    const ours = ['GITLAB_URL', 'LDAP_PORT', 'LDAP_SERVICE_HOST', 'LDAP_PORT_389_TCP'];
    for (const name of ['LDAPS_PORT', 'LDAPS_PORT_389_TCP', 'LDAPS_SERVICE_HOST', 'LDAPS_SERVICE_PORT']) {
      expect(misspellings({ [name]: 'x' }, ours), name).toEqual([]);
    }
    expect(misspellings({ GITLAB_URX: 'x' }, ours)).toHaveLength(1);
  });

  test('a usual machine’s environment has none', () => {
    const usual = [
      ...[
        'PATH',
        'HOME',
        'USER',
        'LOGNAME',
        'SHELL',
        'PWD',
        'OLDPWD',
        'LANG',
        'LC_ALL',
        'TERM',
        'TZ',
        'MAIL',
      ],
      ...['EDITOR', 'HOSTNAME', 'SHLVL', '_', 'TMPDIR', 'CI', 'DEBUG', 'NO_COLOR', 'COLORTERM', 'DISPLAY'],
      ...[
        'NODE',
        'NODE_ENV',
        'NODE_OPTIONS',
        'NODE_VERSION',
        'npm_config_user_agent',
        'INIT_CWD',
        'YARN_VERSION',
      ],
      ...['PORT', 'K_SERVICE', 'K_REVISION', 'K_CONFIGURATION', 'FUNCTION_TARGET', 'FUNCTION_SIGNATURE_TYPE'],
      ...['GOOGLE_CLOUD_REGION', 'GCLOUD_PROJECT', 'GCP_PROJECT', 'CLOUD_RUN_JOB', 'LOG_EXECUTION_ID'],
      ...['KUBERNETES_SERVICE_HOST', 'KUBERNETES_PORT', 'KUBERNETES_PORT_443_TCP_ADDR', 'MAKE', 'MAKEFLAGS'],
      ...['GITLAB_CI', 'GITLAB_USER_ID', 'GITHUB_TOKEN', 'SSH_AUTH_SOCK', 'XDG_RUNTIME_DIR', 'HTTPS_PROXY'],
    ];
    const environment = { ...process.env, ...Object.fromEntries(usual.map((name) => [name, 'x'])) };
    expect(misspellings(environment, knownSettings)).toEqual([]);
  });

  test('no name of ours is taken for another of ours', () => {
    for (const name of knownSettings) expect(misspellings({ [name]: 'x' }, knownSettings), name).toEqual([]);
  });
});
