import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { OUTCOMES } from '../../src/engine/outcome.ts';
import { jobs } from '../../src/jobs/registry.ts';
import { startSandbox } from '../sandbox/start-sandbox.ts';
import { startStorage } from '../sandbox/storage.ts';

const project = join(import.meta.dirname, '../..');
const platforms = join(project, 'terraform/platforms');
const read = (name: string) => readFileSync(join(platforms, name), 'utf8');
const settingsOf = (name: string) => Object.keys(jobs.find((job) => job.name === name)?.settings ?? {});
const work = mkdtempSync(join(tmpdir(), 'muster-platforms-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe('kubernetes.yaml', () => {
  const Container = z.strictObject({
    name: z.literal('muster'),
    image: z.string(),
    args: z.tuple([z.literal('growthbook-roles'), z.literal('apply')]),
    env: z.array(z.strictObject({ name: z.string(), value: z.string() })),
    envFrom: z.array(z.strictObject({ secretRef: z.strictObject({ name: z.string() }) })),
    resources: z.strictObject({
      requests: z.record(z.string(), z.string()),
      limits: z.record(z.string(), z.string()),
    }),
    securityContext: z.strictObject({
      readOnlyRootFilesystem: z.literal(true),
      allowPrivilegeEscalation: z.literal(false),
      capabilities: z.strictObject({ drop: z.tuple([z.literal('ALL')]) }),
    }),
  });
  const Rule = z.union([
    z.strictObject({
      action: z.literal('Ignore'),
      onPodConditions: z.array(z.strictObject({ type: z.literal('DisruptionTarget') })),
    }),
    z.strictObject({
      action: z.literal('FailJob'),
      onExitCodes: z.strictObject({
        containerName: z.literal('muster'),
        operator: z.literal('In'),
        values: z.array(z.int()),
      }),
    }),
  ]);
  const Pod = z.strictObject({
    // Kubernetes takes a podFailurePolicy only with this.
    restartPolicy: z.literal('Never'),
    automountServiceAccountToken: z.literal(false),
    terminationGracePeriodSeconds: z.int().min(30),
    securityContext: z.strictObject({
      runAsNonRoot: z.literal(true),
      runAsUser: z.int().positive(),
      runAsGroup: z.int().positive(),
      seccompProfile: z.strictObject({ type: z.literal('RuntimeDefault') }),
    }),
    containers: z.tuple([Container]),
  });
  const CronJob = z.strictObject({
    apiVersion: z.literal('batch/v1'),
    kind: z.literal('CronJob'),
    metadata: z.strictObject({ name: z.string() }),
    spec: z.strictObject({
      schedule: z.string(),
      concurrencyPolicy: z.literal('Forbid'),
      startingDeadlineSeconds: z.int(),
      jobTemplate: z.strictObject({
        spec: z.strictObject({
          backoffLimit: z.int(),
          activeDeadlineSeconds: z.int(),
          podFailurePolicy: z.strictObject({ rules: z.array(Rule) }),
          template: z.strictObject({ spec: Pod }),
        }),
      }),
    }),
  });
  const [document, ...more] = parseAllDocuments(read('kubernetes.yaml'));
  const cronJob = CronJob.parse(document?.toJS());
  const { spec } = cronJob.spec.jobTemplate;
  const [container] = spec.template.spec.containers;
  const environment = Object.fromEntries(container.env.map(({ name, value }) => [name, value]));

  it('is one CronJob, locked down, with no key that Kubernetes does not know', () => {
    expect(more).toEqual([]);
    expect(document?.errors).toEqual([]);
  });

  it('observes, and names only settings that the job has', () => {
    expect(environment['MODE']).toBe('observe');
    expect(settingsOf('growthbook-roles')).toEqual(expect.arrayContaining(Object.keys(environment)));
  });

  it('gives every required setting that is not secret', () => {
    const required = Object.entries(jobs[0]?.settings ?? {}).filter(([, one]) => one.required && !one.secret);
    expect(Object.keys(environment)).toEqual(expect.arrayContaining(required.map(([name]) => name)));
  });

  it('fails at once for what another attempt would repeat, and tries the rest again', () => {
    const fails = spec.podFailurePolicy.rules.flatMap((rule) =>
      rule.action === 'FailJob' ? rule.onExitCodes.values : [],
    );
    expect(fails).toEqual([OUTCOMES.refused.exitCode, OUTCOMES['invalid-settings'].exitCode]);
    expect(environment['SKIPPED_EXIT_CODE']).toBe('0');
  });

  it('gives each attempt its deadline', () => {
    const seconds = Number(jobs[0]?.settings['SYNC_DEADLINE_SECONDS']?.defaultText);
    expect(spec.activeDeadlineSeconds).toBeGreaterThanOrEqual(seconds * (spec.backoffLimit + 1));
  });
});

const python = spawnSync('python3', ['--version']).status === 0;

describe.each(['airflow_kubernetes.py', 'airflow_bash.py'])('%s', (name) => {
  const text = read(name);

  it.skipIf(!python)('is Python', () => {
    const code = 'import ast, sys; ast.parse(open(sys.argv[1]).read(), sys.argv[1])';
    const { status, stderr } = spawnSync('python3', ['-c', code, join(platforms, name)], {
      encoding: 'utf8',
    });
    expect(status, stderr).toBe(0);
  });

  it('observes, and names only settings that the job has', () => {
    expect(text).toContain('"MODE": "observe"');
    const names = [...text.matchAll(/^\s+"([A-Z][A-Z0-9_]+)":/gm)].map(([, found]) => found);
    expect(names.length).toBeGreaterThan(3);
    expect(settingsOf('growthbook-roles')).toEqual(expect.arrayContaining(names));
  });

  it('skips the task where another run is at work, starts no second run, and never starts by subprocess', () => {
    expect(text).toContain(`skip_on_exit_code=${OUTCOMES.skipped.exitCode},`);
    expect(text).toContain('max_active_runs=1,');
    expect(text).not.toContain('subprocess');
  });
});

describe('Toolforge', () => {
  const Jobs = z.array(
    z.strictObject({
      name: z.string(),
      image: z.string(),
      command: z.string(),
      schedule: z.string(),
      mount: z.literal('all'),
      'no-filelog': z.literal(true),
      emails: z.literal('onfailure'),
      mem: z.string(),
    }),
  );
  const [job] = Jobs.parse(parse(read('toolforge-jobs.yaml')));

  it('runs a command of Procfile', () => {
    const procfile = readFileSync(join(project, 'Procfile'), 'utf8');
    expect(procfile).toMatch(new RegExp(`^${job?.command}: `, 'm'));
  });

  it('observes: neither Procfile nor the jobs set another mode', () => {
    const texts = [read('toolforge-jobs.yaml'), readFileSync(join(project, 'Procfile'), 'utf8')];
    for (const text of texts) expect(text).not.toMatch(/^[^#]*MODE/m);
  });

  it('puts settings that the job has into envvars', () => {
    const names = [...read('README.md').matchAll(/toolforge envvars create ([A-Z_]+)/g)].map(
      ([, one]) => one,
    );
    expect(names.length).toBeGreaterThan(3);
    expect(settingsOf('gitlab-approvals')).toEqual(expect.arrayContaining(names));
  });
});

describe('mail-once-an-hour.sh', () => {
  const script = join(platforms, 'mail-once-an-hour.sh');
  const folderOf = () => mkdtempSync(join(work, 'failures-'));
  const end = (code: number, folder: string) =>
    spawnSync('sh', [script, 'sh', '-c', `exit ${code}`], {
      env: { PATH: process.env['PATH'], FAILURES_FOLDER: folder },
    }).status;

  it.each([0, OUTCOMES.skipped.exitCode])('exit %i is a success', (code) => {
    expect(end(code, folderOf())).toBe(0);
  });

  it('passes a failure on once, and another exit code at once', () => {
    const folder = folderOf();
    expect([3, 3, 1, 3, 1, 6].map((code) => end(code, folder))).toEqual([3, 0, 1, 0, 0, 6]);
  });

  it('passes it on again after an hour, whatever happened between', () => {
    const folder = folderOf();
    expect([3, 0, 3].map((code) => end(code, folder))).toEqual([3, 0, 0]);
    const past = Date.now() / 1000 - 61 * 60;
    utimesSync(join(folder, 'exit-3'), past, past);
    expect(end(3, folder)).toBe(3);
  });

  it('passes every failure on where it cannot remember', () => {
    const file = join(work, 'not-a-folder');
    writeFileSync(file, '');
    expect([3, 3].map((code) => end(code, file))).toEqual([3, 3]);
  });

  it('hands a signal on, and waits for the end of the run', async () => {
    const command = "trap 'echo ended well; exit 6' TERM; echo ready; while :; do sleep 0.05; done";
    const child = spawn('sh', [script, 'sh', '-c', command], {
      env: { PATH: process.env['PATH'], FAILURES_FOLDER: folderOf() },
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output === 'ready\n') child.kill('SIGTERM');
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(output).toBe('ready\nended well\n');
    expect(code).toBe(6);
  });
});

describe('SKIPPED_EXIT_CODE', () => {
  it.each([
    ['', OUTCOMES.skipped.exitCode],
    ['SKIPPED_EXIT_CODE=5', OUTCOMES.skipped.exitCode],
    ['SKIPPED_EXIT_CODE=0', 0],
    ['SKIPPED_EXIT_CODE=7', OUTCOMES['invalid-settings'].exitCode],
  ])('"%s" ends the command beside another run with %i', async (assignment, expected) => {
    const [sandbox, storage] = await Promise.all([startSandbox('growthbook-roles'), startStorage()]);
    try {
      const body = JSON.stringify({ run: 'other', seconds: 600 });
      storage.objects.set('growthbook-roles.json', { body, generation: '1', updated: Date.now() });
      const environment = { ...sandbox.environment, ...storage.environment, MODE: 'enforce' };
      const [name, value] = assignment.split('=');
      const more = name ? { [name]: value } : {};
      expect(await apply({ ...environment, ...more })).toBe(expected);
    } finally {
      await Promise.all([sandbox.close(), storage.close()]);
    }
  });
});

/** The exit code of `apply` in a process of its own. */
async function apply(environment: Readonly<Record<string, string | undefined>>): Promise<number | null> {
  const child = spawn(process.execPath, [join(project, 'src/muster.cjs'), 'growthbook-roles', 'apply'], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: 'ignore',
  });
  return await new Promise((resolve) => child.on('close', resolve));
}
