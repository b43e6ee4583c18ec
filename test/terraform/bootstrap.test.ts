import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { moduleFile, terraformFile } from './signals.ts';

const missing = spawnSync('terraform', ['version']).status !== 0 ? 'terraform is not installed' : undefined;
const source = join(import.meta.dirname, '../../terraform');
const work = mkdtempSync(join(tmpdir(), 'muster-bootstrap-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** Keeps what the real one keeps, as files in $CLOUD: buckets, secrets and their versions. Logs each command line. */
const GCLOUD = `#!/usr/bin/env bash
set -euo pipefail
echo "$*" >> "$CLOUD/calls"
case "$*" in
  'services enable '*) ;;
  'storage buckets list '*) cat "$CLOUD/buckets" ;;
  'storage buckets create '*) echo "\${4#gs://}" >> "$CLOUD/buckets" ;;
  'storage buckets update '*) ;;
  'secrets list '*) ls "$CLOUD/secrets" ;;
  'secrets create '*) mkdir "$CLOUD/secrets/$3" ;;
  'secrets versions list '*) ls "$CLOUD/secrets/$4" ;;
  'secrets versions add '*)
    next=$(( $(ls "$CLOUD/secrets/$4" | wc -l) + 1 ))
    cat > "$CLOUD/secrets/$4/$next"; echo "$next" ;;
  *) echo "unknown command: $*" >&2; exit 2 ;;
esac
`;

let place = '';
beforeEach(() => {
  place = mkdtempSync(join(work, 'project-'));
  for (const folder of ['terraform', 'bin', 'cloud/secrets'])
    mkdirSync(join(place, folder), { recursive: true });
  for (const name of ['bootstrap.sh', 'terraform.tfvars.example'])
    cpSync(join(source, name), join(place, 'terraform', name));
  cpSync(join(source, 'terraform.tfvars.example'), join(place, 'terraform/terraform.tfvars'));
  writeFileSync(join(place, 'cloud/buckets'), '');
  writeFileSync(join(place, 'cloud/calls'), '');
  writeFileSync(join(place, 'bin/gcloud'), GCLOUD);
  chmodSync(join(place, 'bin/gcloud'), 0o755);
  writeFileSync(join(place, 'ca.pem'), '-----BEGIN CERTIFICATE-----\n');
});

const environment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  PATH: `${join(place, 'bin')}:${process.env['PATH']}`,
  CLOUD: join(place, 'cloud'),
});

const calls = () => readFileSync(join(place, 'cloud/calls'), 'utf8');
const stored = (secret: string, version = '1') =>
  readFileSync(join(place, 'cloud/secrets', secret, version), 'utf8');

function bootstrap(answers: readonly string[], jobs: readonly string[] = []) {
  const { status, stdout, stderr } = spawnSync('bash', [join(place, 'terraform/bootstrap.sh'), ...jobs], {
    env: environment(),
    encoding: 'utf8',
    input: answers.map((answer) => `${answer}\n`).join(''),
  });
  return { status, output: `${stdout}${stderr}` };
}

/** Answers for gitlab-approvals in the order of the questions, which is that of the settings' names. */
const GITLAB = ['gerrit', 'gitlab', 'ldap-1', 'wiki-1', 'wiki-2', 'wiki-3', 'wiki-4', 'conduit'];

describe.skipIf(missing)(`terraform/bootstrap.sh${missing ? ` (skipped: ${missing})` : ''}`, () => {
  const growthbook = () => bootstrap(['gb-key', 'ldap-2', join(place, 'ca.pem')], ['growthbook-roles']);

  it('enables the APIs, makes the state bucket, and keeps the secrets of the chosen job', () => {
    const { status, output } = growthbook();
    expect(status, output).toBe(0);
    expect(stored('muster-growthbook-api-key')).toBe('gb-key');
    expect(stored('muster-growthbook-ldap-password')).toBe('ldap-2');
    expect(stored('muster-ldap-ca')).toContain('BEGIN CERTIFICATE');
    expect(existsSync(join(place, 'cloud/secrets/muster-gitlab-access-token'))).toBe(false);
    expect(calls()).toMatch(/create gs:\/\/example-project-terraform .*--public-access-prevention/);
    expect(calls()).toContain('update gs://example-project-terraform --project example-project --versioning');
    expect(readFileSync(join(place, 'terraform/backend.tf'), 'utf8')).toContain(
      'bucket = "example-project-terraform"',
    );
  });

  it('asks for everything of both jobs, and for a shared certificate once', () => {
    const { status, output } = bootstrap([...GITLAB, join(place, 'ca.pem'), 'gb-key', 'ldap-2']);
    expect(status, output).toBe(0);
    expect(stored('muster-gerrit-password')).toBe('gerrit');
    expect(stored('muster-gitlab-access-token')).toBe('gitlab');
    expect(stored('muster-gitlab-ldap-password')).toBe('ldap-1');
    expect(stored('muster-phabricator-token')).toBe('conduit');
    expect(stored('muster-growthbook-api-key')).toBe('gb-key');
    expect(output.match(/muster-ldap-ca has version/g)).toHaveLength(1);
  });

  it('asks nothing and changes nothing the second time', () => {
    growthbook();
    writeFileSync(join(place, 'cloud/calls'), '');
    const { status, output } = bootstrap([], ['growthbook-roles']);
    expect(status, output).toBe(0);
    expect(calls()).not.toMatch(/create|versions add|update/);
  });

  it('puts no value on a command line or in its output, not even with bash -x', () => {
    const { stdout, stderr } = spawnSync(
      'bash',
      ['-x', join(place, 'terraform/bootstrap.sh'), 'growthbook-roles'],
      {
        env: environment(),
        encoding: 'utf8',
        input: `marked-secret\nother-secret\n${join(place, 'ca.pem')}\n`,
      },
    );
    expect(stored('muster-growthbook-api-key')).toBe('marked-secret');
    expect(`${stdout}${stderr}${calls()}`).not.toMatch(/marked-secret|other-secret/);
  });

  it('shows nothing of a value that is typed at a terminal', { timeout: 20_000 }, async () => {
    const command = `bash ${join(place, 'terraform/bootstrap.sh')} growthbook-roles`;
    const child = spawn('script', ['-qec', command, '/dev/null'], { env: environment() });
    const seen = await answer(child, [
      ['muster-growthbook-api-key (input is hidden): ', 'marked-secret\n'],
      ['muster-growthbook-ldap-password (input is hidden): ', 'other-secret\n'],
      ['muster-ldap-ca: ', `${join(place, 'ca.pem')}\n`],
    ]);
    expect(stored('muster-growthbook-api-key')).toBe('marked-secret');
    expect(seen).not.toMatch(/marked-secret|other-secret/);
  });

  it('keeps a value as it is typed: spaces, quotes, backslashes and dollars', () => {
    bootstrap([' a"b\\c$(id)`id` ', 'x', join(place, 'ca.pem')], ['growthbook-roles']);
    expect(stored('muster-growthbook-api-key')).toBe(' a"b\\c$(id)`id` ');
  });

  it('says which number to change where a version is another one than terraform.tfvars names', () => {
    const tfvars = join(place, 'terraform/terraform.tfvars');
    const text = readFileSync(tfvars, 'utf8');
    writeFileSync(
      tfvars,
      text.replace(
        '"muster-growthbook-api-key", version = "1"',
        '"muster-growthbook-api-key", version = "3"',
      ),
    );
    const { status, output } = growthbook();
    expect(status).toBe(1);
    expect(output).toContain('muster-growthbook-api-key: found version 3');
    expect(output).toContain('is version 1');
  });

  it.each([
    ['an empty value', ['', 'x'], ['growthbook-roles'], 'found an empty value'],
    ['no answer', [], ['growthbook-roles'], 'found no answer'],
    [
      'a file without a certificate',
      ['k', 'p', '/etc/hostname'],
      ['growthbook-roles'],
      'found no certificate',
    ],
    ['an unknown job', [], ['growthbook'], 'allowed are those of'],
  ])('refuses %s', (_, answers, jobs, message) => {
    const { status, output } = bootstrap(answers, jobs);
    expect(status).toBe(1);
    expect(output).toContain(message);
  });

  it('makes nothing where a list fails: a missing permission is not an empty project', () => {
    writeFileSync(join(place, 'bin/gcloud'), GCLOUD.replace('cat "$CLOUD/buckets"', 'exit 1'));
    expect(growthbook().status).not.toBe(0);
    expect(calls()).not.toMatch(/create|versions add/);
  });
});

describe('what terraform/bootstrap.sh enables', () => {
  it('is every API that the module needs, so that each is ready when the first apply comes', () => {
    const apis = (text: string) => [...text.matchAll(/\b[a-z]+\.googleapis\.com\b/g)].map(([api]) => api);
    const enabled = apis(terraformFile('bootstrap.sh'));
    expect(enabled).toEqual(expect.arrayContaining(apis(moduleFile('services.tf'))));
  });
});

/** Types each answer when its question is there, and returns everything that the terminal showed. */
async function answer(
  child: ChildProcessWithoutNullStreams,
  answers: readonly (readonly [question: string, text: string])[],
): Promise<string> {
  let seen = '';
  let next = 0;
  return await new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
      const [question = '', text = ''] = answers[next] ?? [];
      if (next < answers.length && seen.endsWith(question)) {
        next += 1;
        child.stdin.write(text);
      }
    });
    child.on('error', reject);
    child.on('close', () => resolve(seen));
  });
}
