import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import type { Report } from '../../src/reports/report.ts';
import { approveCommands } from '../../src/reports/report-sections.ts';
import { renderText } from '../../src/reports/text.ts';
import { changed, exampleReport, reportOf } from './examples.ts';

/** The words of a command line as a shell takes them. */
const wordsOf = (line: string): readonly string[] =>
  execFileSync('sh', ['-c', `printf '%s\\0' ${line}`], { env: { FUNCTION_URL: 'url' } })
    .toString()
    .split('\0')
    .slice(0, -1);

const ESC = String.fromCharCode(27);
const plain = (over: Partial<Report> = {}) => renderText(exampleReport(over), { colour: false, width: 100 });

describe('the text', () => {
  test.each([
    [{ result: 'applied' as const }, '[applied]'],
    [{ result: 'withheld' as const, error: 'stale: changed' }, '[withheld: stale: changed]'],
    [{ result: 'failed' as const, error: 'lost' }, '[failed: lost]'],
  ])('says what became of a change: %j', (over, words) => {
    expect(plain({ changes: [changed(over)] })).toContain(words);
  });

  test('leaves the rule out where none decided', () => {
    expect(plain({ changes: [changed({ rule: null })] })).not.toContain('rule ');
  });

  test('of a refused run shows the commands that approve exactly this plan', () => {
    const text = renderText(reportOf('refused'), { colour: false });
    expect(text).toContain('To carry out exactly this plan:');
    expect(text).toContain(`apply --approve sha256:${'ab'.repeat(32)} --reason`);
    expect(text).toContain('curl -X POST');
  });

  test('of a refused run about one name approves the plan of that name, quoted for the shell', () => {
    const { run } = exampleReport();
    const report = { ...reportOf('refused'), run: { ...run, only: "o'neil@example.org" } };
    const { terminal = '', curl = '' } = approveCommands(report) ?? {};
    expect(wordsOf(terminal.replace(/^MODE=enforce /, ''))).toEqual([
      ...['muster', 'growthbook-roles', 'apply', '--only', "o'neil@example.org"],
      ...['--approve', `sha256:${'ab'.repeat(32)}`, '--reason', 'WHY'],
    ]);
    expect(JSON.parse(wordsOf((curl ?? '').replace(/-H "[^"]*"/, '')).at(-2) ?? '')).toEqual({
      approve: `sha256:${'ab'.repeat(32)}`,
      reason: 'WHY',
      only: "o'neil@example.org",
    });
  });

  test('offers no approval where one objection can’t be overridden, and marks that one', () => {
    const { objections } = reportOf('refused');
    const last = {
      name: 'last-admin',
      found: 0,
      allowed: 1,
      message: 'last-admin: nobody',
      overridable: false,
    };
    const text = plain({ outcome: 'refused', exitCode: 2, objections: [...objections, last] });
    expect(text).toContain('last-admin: nobody (cannot be overridden)');
    expect(text).not.toContain('To carry out');
  });

  test.each(['planned', 'applied', 'source-failed'] as const)(
    'offers no approval of a run that is %s',
    (outcome) => {
      expect(plain({ outcome })).not.toContain('To carry out');
    },
  );

  test('shows how much of a limit is left, and how far one is exceeded', () => {
    expect(plain({ limits: [{ name: 'revokes', found: 4, allowed: 5 }] })).toContain(
      'revokes: 4 of 5, 1 left',
    );
    expect(plain({ limits: [{ name: 'revokes', found: 6, allowed: 5 }] })).toContain(
      'revokes: 6 of 5, 1 too many',
    );
  });

  test('shows who approved, and why', () => {
    expect(plain({ approved: { hash: 'sha256:x', reason: 'team dissolved' } })).toContain(
      'Approved sha256:x, because: team dissolved',
    );
  });

  test('does not call a run dry that was not', () => {
    const { run } = exampleReport();
    expect(plain({ run: { ...run, dryRun: false } })).toContain('enforce, 812 ms');
  });
});

describe('colours', () => {
  const coloured = () => renderText(exampleReport(), { colour: true, width: 100 });

  test('are there only when asked for', () => {
    expect(plain()).not.toContain(ESC);
    expect(coloured()).toContain(`${ESC}[31mLose access`);
    expect(coloured()).toContain(`${ESC}[32mGet access`);
  });

  test('change nothing but the colour', () => {
    const codes = new RegExp(`${ESC}\\[\\d+m`, 'g');
    expect(coloured().replace(codes, '')).toBe(plain());
  });
});
