import { expect, test } from 'vitest';
import { unencrypted, unusedProxies } from '../../src/jobs/network-warnings.ts';

test.each([
  ['http://gitlab.example.org', true],
  ['http://10.0.0.7:3100', true],
  ['http://localhost.example.org', true],
  ['http://127.0.0.1:3100', false],
  ['http://localhost:3100', false],
  ['http://[::1]:3100', false],
  ['https://gitlab.example.org', false],
])('an address without TLS outside this machine is warned of: %s %s', (value, isWarned) => {
  expect(unencrypted({ GITLAB_URL: value, OTHER: value, COUNT: 1 })).toEqual(isWarned ? ['GITLAB_URL'] : []);
});

test('the address of Cloud Storage is warned of as well: its requests have a token', () => {
  expect(unencrypted({ STORAGE_EMULATOR_HOST: 'http://storage.example.org' })).toEqual([
    'STORAGE_EMULATOR_HOST',
  ]);
  expect(unencrypted({ STORAGE_EMULATOR_HOST: 'https://storage.googleapis.com' })).toEqual([]);
});

test('a proxy that Node does not use is warned of', () => {
  expect(unusedProxies({ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: 'x' })).toEqual(['HTTPS_PROXY']);
  expect(unusedProxies({ https_proxy: 'http://proxy:3128', NODE_USE_ENV_PROXY: '0' })).toEqual([
    'https_proxy',
  ]);
  expect(unusedProxies({ HTTPS_PROXY: 'http://proxy:3128', NODE_USE_ENV_PROXY: '1' })).toEqual([]);
  expect(unusedProxies({ HTTPS_PROXY: 'http://proxy:3128', NODE_OPTIONS: '--use-env-proxy' })).toEqual([]);
  expect(unusedProxies({ HTTPS_PROXY: '' })).toEqual([]);
});
