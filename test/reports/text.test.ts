import { describe, expect, test } from 'vitest';
import type { Report } from '../../src/reports/report.ts';
import { renderText } from '../../src/reports/text.ts';

const ESC = String.fromCharCode(27);
const HASH = `sha256:${'ab'.repeat(32)}`;
const report: Report = {
  format: 1,
  run: {
    id: 'run-1',
    job: 'growthbook-roles',
    mode: 'enforce',
    dryRun: true,
    startedAt: '2026-06-01T12:00:00.000Z',
    durationMs: 812,
    only: null,
  },
  target: { api: 'https://growthbook.example.org', project: 'prj_a' },
  outcome: 'planned',
  exitCode: 0,
  error: null,
  approved: null,
  sources: [
    { name: 'growthbook', entries: 1, version: null, asOf: null, durationMs: 12 },
    { name: 'ldap', entries: 24, version: 'ldap://127.0.0.1:389', asOf: null, durationMs: 9 },
  ],
  counts: { revoke: 1, grant: 1, unchanged: 20 },
  limits: [
    { name: 'revokes', found: 1, allowed: 5 },
    { name: 'gains', found: 1, allowed: 10 },
  ],
  objections: [],
  planHash: HASH,
  changes: [
    {
      account: 'u_1',
      label: 'ann@example.org',
      kind: 'revoke',
      from: 'admin',
      to: 'noaccess',
      rule: 1,
      because: 'ann is disabled in LDAP',
      groups: [],
      result: 'planned',
    },
    {
      account: 'u_2',
      label: 'bo@example.org',
      kind: 'grant',
      from: 'noaccess',
      to: 'readonly',
      rule: 4,
      because: 'bo is in LDAP growthbook-readonly',
      groups: ['ldap:growthbook-readonly'],
      result: 'planned',
    },
  ],
  notes: [{ kind: 'pending-sign-in', account: 'cid', label: 'cid@example.org', because: 'due readonly' }],
  calls: {},
};
const plain = (over: Partial<Report> = {}) =>
  renderText({ ...report, ...over }, { colour: false, describe: (from, to) => `${from} → ${to}` });
const [first, second] = report.changes;
if (!first || !second) throw new Error('two changes are shown');

test('a plan as an SRE reads it', () => {
  expect(plain()).toBe(
    [
      'growthbook-roles  planned  (enforce, dry run, 812 ms, run run-1)',
      '',
      'Sources',
      '  growthbook  1 entry, 12 ms',
      '  ldap        24 entries, 9 ms, ldap://127.0.0.1:389',
      '',
      'Counts   1 revoke, 1 grant, 20 unchanged',
      '',
      'Changes',
      '  revoke     ann@example.org  admin → noaccess     rule 1: ann is disabled in LDAP',
      '  grant      bo@example.org   noaccess → readonly  rule 4: bo is in LDAP growthbook-readonly',
      '',
      'Notes',
      '  pending-sign-in  cid@example.org: due readonly',
      '',
      'Limits',
      '  revokes: 1 of 5, head-room 4',
      '  gains: 1 of 10, head-room 9',
      '',
      `Plan     ${HASH}`,
      'Exit     0',
      '',
    ].join('\n'),
  );
});

describe('the text', () => {
  test('has one line for each change', () => {
    const lines = plain().split('\n');
    for (const { label } of report.changes)
      expect(lines.filter((line) => line.includes(label))).toHaveLength(1);
  });

  test.each([
    [{ result: 'applied' as const }, '[applied]'],
    [{ result: 'withheld' as const, error: 'stale: changed' }, '[withheld: stale: changed]'],
    [{ result: 'failed' as const, error: 'lost' }, '[failed: lost]'],
  ])('says what became of a change: %j', (over, words) => {
    expect(plain({ changes: [{ ...first, ...over }] })).toContain(words);
  });

  test('leaves the rule out where none decided', () => {
    expect(plain({ changes: [{ ...first, rule: null }] })).not.toContain('rule ');
  });

  test('leaves out what there is none of', () => {
    const nothing = { sources: [], counts: {}, changes: [], notes: [], limits: [], planHash: null };
    expect(plain({ ...nothing, outcome: 'invalid-settings', exitCode: 4, error: 'settings: 1 fault' })).toBe(
      [
        'growthbook-roles  invalid-settings  (enforce, dry run, 812 ms, run run-1)',
        '',
        'Error    settings: 1 fault',
        'Exit     4',
        '',
      ].join('\n'),
    );
  });

  const objection = {
    name: 'revokes',
    found: 6,
    allowed: 5,
    message: 'revokes: too many',
    overridable: true,
  };
  const refused = { outcome: 'refused' as const, exitCode: 2, objections: [objection] };

  test('of a refused run lists the objections, the hash and how to approve it', () => {
    const text = plain(refused);
    expect(text).toContain('Objections\n  revokes: too many\n');
    expect(text).toContain(HASH);
    expect(text).toMatch(/approve it by this hash, with a reason/);
  });

  test('offers no approval where one objection can’t be overridden, and marks that one', () => {
    const last = { ...objection, name: 'last-admin', message: 'last-admin: nobody', overridable: false };
    const text = plain({ ...refused, objections: [objection, last] });
    expect(text).toContain('last-admin: nobody (cannot be overridden)');
    expect(text).not.toContain('revokes: too many (cannot');
    expect(text).not.toMatch(/approve it/);
  });

  test.each(['planned', 'applied', 'source-failed'] as const)(
    'offers no approval of a run that is %s',
    (outcome) => {
      expect(plain({ outcome })).not.toMatch(/approve it/);
    },
  );

  test('shows how far a limit is exceeded', () => {
    expect(plain({ limits: [{ name: 'revokes', found: 6, allowed: 5 }] })).toContain(
      'revokes: 6 of 5, head-room -1',
    );
  });

  test('tells who approved, and why', () => {
    expect(plain({ approved: { hash: HASH, reason: 'team dissolved' } })).toContain(
      `Approved ${HASH}, because: team dissolved`,
    );
  });

  test('does not call a run dry that was not', () => {
    expect(plain({ run: { ...report.run, dryRun: false } })).toContain('(enforce, 812 ms,');
  });
});

describe('colours', () => {
  const coloured = (over: Partial<Report> = {}) =>
    renderText({ ...report, ...over }, { colour: true, describe: (from, to) => `${from} → ${to}` });

  test('are there only when asked for', () => {
    expect(plain()).not.toContain(ESC);
    expect(coloured()).toContain(`${ESC}[31mrevoke`);
    expect(coloured()).toContain(`${ESC}[32mgrant`);
  });

  test('change nothing but the colour', () => {
    const codes = new RegExp(`${ESC}\\[\\d+m`, 'g');
    expect(coloured().replace(codes, '')).toBe(plain());
  });
});

test('what others wrote can’t move the cursor, colour or forge a line of a terminal', () => {
  const evil = `eve${ESC}[2J\n  grant  mallory@example.org`;
  const text = plain({
    changes: [{ ...first, label: evil, because: evil }],
    notes: [{ kind: 'dangling', account: null, label: evil, because: evil }],
    error: evil,
  });
  expect(text).not.toContain(ESC);
  expect(text.split('\n').filter((line) => line.startsWith('  grant  mallory'))).toEqual([]);
});
