import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Note } from '../../src/engine/model.ts';
import { OUTCOMES } from '../../src/engine/outcome.ts';
import { FORMATS, MEDIA_TYPES } from '../../src/reports/render.ts';
import type { Report, ReportedApproval, ReportedChange } from '../../src/reports/report.ts';
import { changed, exampleReport, reportOf } from './examples.ts';

const readme = readFileSync(new URL('../../src/reports/README.md', import.meta.url), 'utf8');

/** The rows of the table under a heading, each as its cells. */
function tableUnder(heading: string): readonly (readonly string[])[] {
  const [, part = ''] = readme.split(`${heading}\n`);
  const [text = ''] = part.split(/^#/m);
  return text
    .split('\n')
    .filter((line) => /^\| `/.test(line))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim().replace(/^`([^`]*)`$/, '$1')),
    );
}

const tried = [{ rule: 1, answer: 'no' as const }];
const everyChange: Required<ReportedChange> = {
  ...changed(),
  project: 'prj_a',
  environments: ['dev'],
  tried,
  error: 'lost',
};
const everyNote: Required<Note> = {
  ...{ kind: 'team-granted', account: 'u_ann', project: 'prj_a', label: 'ann', because: 'x' },
  ...{ tried, due: null, key: 't' },
};
const everyApproval: Required<ReportedApproval> = { hash: 'sha256:x', reason: 'x', changes: 1 };
const everything: Report = {
  ...exampleReport(),
  objections: reportOf('refused').objections,
  changes: [everyChange],
  notes: [everyNote],
  approved: everyApproval,
};

/** Objects whose keys are names of others. */
const MAPS = ['target', 'counts', 'calls', 'changes[].from', 'changes[].to'];

function keysOf(value: unknown, path = ''): readonly string[] {
  if (Array.isArray(value)) {
    const isOfObjects = value.some((one) => typeof one === 'object');
    return isOfObjects ? value.flatMap((one) => keysOf(one, `${path}[]`)) : [path];
  }
  if (typeof value !== 'object' || value === null || MAPS.includes(path)) return [path];
  return Object.entries(value).flatMap(([key, inner]) => keysOf(inner, path === '' ? key : `${path}.${key}`));
}

describe('the page about reports', () => {
  test('has every key of the JSON report, and no other', () => {
    const documented = tableUnder('## The JSON contract').map(([key]) => key);
    // Whether there was an approval is a key of its own.
    expect(documented.toSorted()).toEqual([...new Set([...keysOf(everything), 'approved'])].toSorted());
    expect(new Set(documented).size).toBe(documented.length);
  });

  test('says which keys are not always there', () => {
    const optional = tableUnder('## The JSON contract')
      .filter(([, text]) => text?.startsWith('*optional*'))
      .map(([key]) => key);
    const always = new Set(keysOf({ ...everything, approved: { hash: 'x', reason: 'x' } }));
    const withoutOptional = { ...exampleReport(), objections: everything.objections };
    const least = new Set(keysOf(withoutOptional));
    const found = [...new Set([...always, ...keysOf(everything)])].filter(
      (key) => !least.has(key) && !/^approved\.(?:hash|reason)$/.test(key) && !key.endsWith('.answer'),
    );
    expect(optional.toSorted()).toEqual(found.toSorted());
  });

  test('has every outcome with its exit code and status', () => {
    expect(tableUnder('### Outcomes')).toEqual(
      Object.entries(OUTCOMES).map(([outcome, { exitCode, status }]) => [
        outcome,
        `${exitCode}`,
        `${status}`,
      ]),
    );
  });

  test('has every representation', () => {
    for (const format of FORMATS) expect(readme).toContain(`Accept: ${MEDIA_TYPES[format]}`);
  });

  test.each([
    ['### Needs a person', 'src/engine/model.ts', /NeedReason =([^;]*);/, /'([\w-]+)'/g],
    [
      '### Drift',
      'src/jobs/growthbook-roles/unmanaged-access.ts',
      /([\s\S]*)/,
      /(?:driftOf\(\s*|: )'([\w-]+)'/g,
    ],
  ] as const)('has every kind under "%s"', (heading, file, part, name) => {
    const code = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
    const names = [...(part.exec(code)?.[1] ?? '').matchAll(name)].map(([, one]) => one);
    expect(names.length).toBeGreaterThan(4);
    expect(
      tableUnder(heading)
        .map(([one]) => one)
        .toSorted(),
    ).toEqual([...new Set(names)].toSorted());
  });
});
