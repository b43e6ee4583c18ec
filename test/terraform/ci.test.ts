import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const work = mkdtempSync(join(tmpdir(), 'muster-ci-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

type Status = 'passed' | 'failed' | 'skipped';
interface Clone {
  /** Status of one test, by the file that it is in. */
  readonly tests: Readonly<Record<string, Status>>;
  /** Whether the Terraform checker is beside the clone. */
  readonly checker?: boolean;
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, 0o755);
}

/** What vitest's JSON reporter writes, as far as .ci/run reads it. */
function report(clone: string, tests: Clone['tests']): string {
  const count = (wanted: Status) => Object.values(tests).filter((status) => status === wanted).length;
  return JSON.stringify({
    numPassedTests: count('passed'),
    numFailedTests: count('failed'),
    numPendingTests: count('skipped'),
    testResults: Object.entries(tests).map(([name, status]) => ({
      name: join(clone, name),
      assertionResults: [{ status, fullName: `a test of ${name}` }],
    })),
  });
}

/** Runs .ci/run in a folder with nothing else in it. npm, terraform and id are replaced by stubs. */
function runIn({ tests, checker = false }: Clone) {
  const place = mkdtempSync(join(work, 'place-'));
  const clone = join(place, 'clone');
  const bin = join(place, 'bin');
  mkdirSync(join(clone, '.ci'), { recursive: true });
  copyFileSync(join(root, '.ci/run'), join(clone, '.ci/run'));
  writeFileSync(join(place, 'results.json'), report(clone, tests));
  const failed = Object.values(tests).includes('failed') ? 1 : 0;
  write(
    join(bin, 'npm'),
    `#!/bin/sh
echo "npm $* check=$MUSTER_TERRAFORM_CHECK" >> ${place}/calls
for word in "$@"; do case $word in --outputFile.json=*) cp ${place}/results.json "\${word#*=}"; exit ${failed};; esac; done
`,
  );
  write(join(bin, 'terraform'), '#!/bin/sh\n');
  // Not root, so that nothing is ever installed by a test.
  write(join(bin, 'id'), '#!/bin/sh\necho 1000\n');
  if (checker)
    write(join(place, 'shared/tools/terraform-check/terraform-check'), `#!/bin/sh\necho "checked $1"\n`);
  const path = `${bin}:${process.env['PATH']}`;
  const environment = { ...process.env, PATH: path, CI: '', MUSTER_TERRAFORM_CHECK: '' };
  const { status, stdout, stderr } = spawnSync('bash', [join(clone, '.ci/run')], {
    env: environment,
    encoding: 'utf8',
  });
  return { status, stderr, stdout, last: stdout.trim().split('\n').at(-1) };
}

const [TERRAFORM, OTHER] = ['test/terraform/faults.test.ts', 'test/cli.test.ts'];

describe('.ci/run', () => {
  it('in a plain clone says that terraform/ is not checked, and lets only its tests be skipped', () => {
    const { status, stderr, last } = runIn({ tests: { [TERRAFORM]: 'skipped', [OTHER]: 'passed' } });
    expect(stderr).toContain('No Terraform checker at');
    expect(last).toBe('1 passed, 0 failed, 1 skipped');
    expect(status).toBe(0);
  });

  it('fails where another test was skipped, and names it', () => {
    const tests = { [TERRAFORM]: 'passed', [OTHER]: 'skipped' } as const;
    const { status, stderr, last } = runIn({ tests });
    expect(stderr).toContain(`skipped, but it has to run: a test of ${OTHER}`);
    expect(last).toBe('1 passed, 0 failed, 1 skipped');
    expect(status).toBe(1);
  });

  it('checks terraform/ where the checker is beside the clone, and fails on any skipped test', () => {
    const skipped = runIn({ checker: true, tests: { [TERRAFORM]: 'skipped', [OTHER]: 'passed' } });
    expect(skipped.stdout).toContain('checked terraform');
    expect(skipped.stderr).toContain(`skipped, but it has to run: a test of ${TERRAFORM}`);
    expect(skipped.status).toBe(1);
    const whole = runIn({ checker: true, tests: { [TERRAFORM]: 'passed', [OTHER]: 'passed' } });
    expect(whole.status).toBe(0);
    expect(whole.last).toBe('2 passed, 0 failed, 0 skipped');
  });

  it('fails with the closing line where a test failed', () => {
    const { status, last } = runIn({ tests: { [OTHER]: 'failed', [TERRAFORM]: 'passed' } });
    expect(last).toBe('1 passed, 1 failed, 0 skipped');
    expect(status).toBe(1);
  });

  it('fails where no test ran', () => {
    expect(runIn({ tests: {} }).status).toBe(1);
  });
});
