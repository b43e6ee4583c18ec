import type { RunOutcome } from '../../src/engine/outcome.ts';
import { OUTCOMES } from '../../src/engine/outcome.ts';
import type { Report, ReportedChange } from '../../src/reports/report.ts';

const HASH = `sha256:${'ab'.repeat(32)}`;

/** A change for tests. */
export const changed = (over: Partial<ReportedChange> = {}): ReportedChange => ({
  account: 'u_ann',
  label: 'ann@example.org',
  kind: 'revoke',
  from: 'admin',
  to: 'noaccess',
  move: 'admin → noaccess',
  rule: 1,
  because: 'ann is disabled in LDAP',
  groups: [],
  result: 'planned',
  ...over,
});

/** A report with something in every part. */
export const exampleReport = (over: Partial<Report> = {}): Report => ({
  format: 1,
  run: {
    id: 'run-1',
    job: 'growthbook-roles',
    mode: 'enforce',
    dryRun: true,
    startedAt: '2026-06-01T12:00:00.000Z',
    durationMs: 812,
    version: '1.2.3',
    only: null,
    undo: null,
    facts: null,
  },
  target: { api: 'https://growthbook.example.org', project: 'prj_a' },
  outcome: 'planned',
  exitCode: 0,
  error: null,
  approved: null,
  sources: [
    { name: 'growthbook', entries: 1, version: null, asOf: null, durationMs: 12 },
    {
      name: 'ldap',
      entries: 24,
      version: 'ldap://127.0.0.1:389',
      asOf: '2026-06-01T11:59:58.000Z',
      durationMs: 9,
    },
  ],
  counts: { revoke: 1, grant: 1, unchanged: 20 },
  limits: [
    { name: 'revokes', found: 1, allowed: 5 },
    { name: 'gains', found: 1, allowed: 10 },
  ],
  objections: [],
  planHash: HASH,
  changes: [
    changed(),
    changed({
      account: 'u_bo',
      label: 'bo@example.org',
      kind: 'grant',
      from: 'noaccess',
      to: 'readonly',
      move: 'noaccess → readonly',
      rule: 4,
      because: 'bo is in LDAP growthbook-readonly',
      groups: ['ldap:growthbook-readonly'],
    }),
  ],
  notes: [
    {
      kind: 'pending-sign-in',
      account: 'cid',
      label: 'cid@example.org',
      because: 'gets readonly at the first sign-in',
    },
    { kind: 'dangling', account: null, label: 'uid=gone', because: 'no person entry' },
  ],
  calls: {},
  summary: {
    sentence: 'Nothing was written: this was a dry run. The plan has 2 changes: 1 lose access, 1 new',
    planned: 2,
    applied: 0,
    failed: 0,
    withheld: 0,
    needsPerson: 1,
    pendingSignIn: 1,
  },
  needsPerson: [
    {
      reason: 'protected',
      account: 'u_root',
      label: 'root@example.org',
      because: 'protected by GROWTHBOOK_PROTECTED_MEMBERS',
      due: 'downgrade admin → readonly',
    },
  ],
  drift: [
    {
      id: 'protected-above:u_root',
      kind: 'protected-above',
      account: 'u_root',
      label: 'root@example.org',
      because: 'protected',
    },
  ],
  ...over,
});

const nothing = { changes: [], notes: [], needsPerson: [], drift: [], limits: [], planHash: null };
const OVER: Readonly<Record<RunOutcome, Partial<Report>>> = {
  planned: {},
  unchanged: { changes: [] },
  applied: { changes: [changed({ result: 'applied' })] },
  skipped: {
    ...nothing,
    notes: [{ kind: 'skipped', account: null, label: '', because: 'another run is at work' }],
  },
  refused: {
    changes: [changed({ result: 'withheld' })],
    objections: [
      {
        name: 'revokes',
        found: 6,
        allowed: 5,
        message: 'revokes: too many (found 6, allowed 5)',
        overridable: true,
      },
    ],
    error: 'revokes: too many (found 6, allowed 5)',
  },
  'source-failed': { ...nothing, error: 'source ldap: no server answers' },
  'invalid-settings': { ...nothing, sources: [], target: null, error: 'settings: 1 error: MODE: found "x"' },
  'invalid-request': { ...nothing, sources: [], error: 'request: unknown query' },
  deadline: {
    changes: [
      changed({ result: 'applied' }),
      changed({
        account: 'u_eve',
        label: 'eve@example.org',
        result: 'withheld',
        error: 'the deadline of this run has come',
      }),
    ],
    error: 'growthbook: the deadline of this run has come',
  },
  failed: {
    changes: [changed({ result: 'failed', error: 'refused (found 400)' })],
    error: '1 change failed',
  },
};

/** What each of these runs did, in a sentence. */
const SENTENCES: Readonly<Record<RunOutcome, string>> = {
  planned: 'Nothing was written: this was a dry run. The plan has 2 changes: 1 lose access, 1 new',
  unchanged: 'Nothing to do · 1 needs a person · 1 not signed in yet',
  applied: 'Applied 1 of 1: 1 lost access · 1 needs a person · 1 not signed in yet',
  skipped: 'Nothing was written: another run is at work',
  refused: 'Nothing was written: safety refuses the plan. The plan has 1 change: 1 lose access',
  'source-failed': 'Nothing was written: a source failed',
  'invalid-settings': 'Nothing was written: the settings are wrong',
  'invalid-request': 'Nothing was written: the request is not understood',
  deadline: 'Applied 1 of 2: 1 lost access · 1 withheld · 1 needs a person',
  failed: 'Applied 0 of 1 · 1 failed · 1 needs a person',
};

/** A report of each outcome. */
export const reportOf = (outcome: RunOutcome): Report => {
  const example = exampleReport();
  return {
    ...example,
    run: { ...example.run, dryRun: outcome === 'planned' },
    outcome,
    exitCode: OUTCOMES[outcome].exitCode,
    ...OVER[outcome],
    summary: { ...example.summary, sentence: SENTENCES[outcome] },
  };
};

/** Every outcome. */
export const ALL_OUTCOMES = Object.keys(OVER) as readonly RunOutcome[];

/** Texts that would be mark-up, controls or links where they are not escaped. */
export const HOSTILE = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '"><svg onload=alert(1)>',
  "' autofocus onfocus='alert(1)",
  '</pre></details><script>x</script>',
  '| a | b |\n| --- | --- |',
  '[click](javascript:alert(1))',
  '```\n<script>',
  '\u001b[2J\u0007',
  '\u202egnp.exe',
  '@all #1 !1 ~bug T1 {T1} %%%x%%% https://example.org :smile:',
  'a` | `b',
];
