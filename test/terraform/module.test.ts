import { globSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { moduleFile, terraformFile } from './signals.ts';

const folder = join(import.meta.dirname, '../../terraform');
const all = (text: string, pattern: RegExp) =>
  [...text.matchAll(pattern)].map((groups) => groups.slice(1).join('.'));
const RESOURCE = /^resource "(\w+)" "(\w+)"/gm;
const resources = globSync('*.tf', { cwd: join(folder, 'modules/muster') }).flatMap((name) =>
  all(moduleFile(name), RESOURCE),
);

/** Resources that no installation had before the module, so that there is nothing to move. */
const NEW = [
  'google_monitoring_dashboard.muster',
  'google_storage_bucket.reports',
  'google_storage_bucket_iam_member.report_creator',
  'google_storage_bucket_iam_member.report_latest',
  'google_storage_bucket_iam_member.report_reader',
];

/** Alert policies that became one resource; they are moved one by one. */
const MERGED = 'google_monitoring_alert_policy.metric';

describe('the module', () => {
  it('has no provider and no backend of its own', () => {
    for (const name of globSync('*.tf', { cwd: join(folder, 'modules/muster') })) {
      expect(moduleFile(name), name).not.toMatch(/^provider "/m);
      expect(moduleFile(name), name).not.toContain('backend "');
    }
  });

  it('is used by the root and by the example for staging', () => {
    expect(terraformFile('main.tf')).toContain('source = "./modules/muster"');
    expect(terraformFile('examples/staging/main.tf')).toContain('source = "../../modules/muster"');
    expect(all(terraformFile('versions.tf'), /^provider "(\w+)"/gm)).toEqual(['google']);
  });

  it('gets each of its variables from the root, and gives each of its outputs to it', () => {
    const names = (text: string, kind: string) => all(text, RegExp(`^${kind} "(\\w+)"`, 'gm')).toSorted();
    expect(names(terraformFile('variables.tf'), 'variable')).toEqual(
      names(moduleFile('variables.tf'), 'variable'),
    );
    expect(all(terraformFile('main.tf'), /^ {2}(\w+) +=/gm).toSorted()).toEqual(
      ['source', ...names(moduleFile('variables.tf'), 'variable')].toSorted(),
    );
    expect(names(terraformFile('outputs.tf'), 'output')).toEqual(names(moduleFile('outputs.tf'), 'output'));
    expect(all(terraformFile('outputs.tf'), /= module\.muster\.(\w+)$/gm)).toEqual(
      all(terraformFile('outputs.tf'), /^output "(\w+)"/gm),
    );
  });
});

describe('the state of an installation that is older than the module', () => {
  const moves = [...terraformFile('moved.tf').matchAll(/^ {2}from = (\S+)\n {2}to {3}= (\S+)$/gm)];

  it('is moved for every resource that was there before', () => {
    const moved = moves.map(([, , to = '']) => to.replace('module.muster.', '').replace(/\[.*/, ''));
    expect(new Set(moved)).toEqual(new Set(resources.filter((address) => !NEW.includes(address))));
  });

  it('keeps the address within the module, but for the alert policies that became one', () => {
    for (const [, from, to] of moves)
      if (!to?.includes(MERGED)) expect(to, from).toBe(`module.muster.${from}`);
    expect(moves.filter(([, , to]) => to?.includes(MERGED)).map(([, from, to]) => `${from} ${to}`)).toEqual(
      ['no_success', 'drift'].flatMap((name) =>
        ['growthbook-roles', 'gitlab-approvals'].map(
          (job) =>
            `google_monitoring_alert_policy.${name}["${job}"] module.muster.${MERGED}["${job}/${name}"]`,
        ),
      ),
    );
  });
});
