import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect } from 'vitest';
import { environmentOf, readRecording } from '../../src/app/recording-file.ts';
import { runJob } from '../../src/app/run-job.ts';
import type { Recording } from '../../src/engine/recording.ts';
import { gitlabApprovals } from '../../src/jobs/gitlab-approvals/job.ts';
import { growthbookRoles } from '../../src/jobs/growthbook-roles/job.ts';
import { knownSettings } from '../../src/jobs/registry.ts';
import type { Report } from '../../src/reports/report.ts';
import { emptyFolder } from '../muster.ts';
import { stillClock } from '../sandbox/clock.ts';
import { gitlabExample } from '../sandbox/gitlab/example.ts';
import { startGitlabSandbox } from '../sandbox/gitlab/sandbox.ts';
import { openScenario, type Scenario } from './growthbook.ts';
import { open, test } from './harness.ts';

/** What a plan is made of: everything in a report but when and by whom it was made. */
const PLAN: readonly (keyof Report)[] = [
  'target',
  'sources',
  'counts',
  'limits',
  'objections',
  'planHash',
  'changes',
  'notes',
  'needsPerson',
  'drift',
];
const planIn = (report: Report) => JSON.stringify(Object.fromEntries(PLAN.map((key) => [key, report[key]])));

const replay = async (job: typeof growthbookRoles, recording: Recording, request = {}) => {
  const path = join(emptyFolder(), 'facts.json');
  writeFileSync(path, JSON.stringify(recording));
  const read = readRecording(path, job.name);
  return await runJob(
    job,
    { dryRun: true, recording: read, ...request },
    // Years later, and nobody is there to be asked.
    {
      environment: environmentOf(read),
      clock: stillClock(Date.UTC(2031, 0, 1)),
      log: { write: () => undefined },
      known: knownSettings,
    },
  );
};

const recordingOf = ({ recording }: { readonly recording?: Recording | undefined }): Recording => {
  if (!recording) throw new Error('nothing was recorded');
  return recording;
};

/** A recording that may be changed: without a checksum nobody notices. */
const unchecked = (result: { readonly recording?: Recording | undefined }): Recording => {
  const { checksum: _, ...recording } = recordingOf(result);
  return recording;
};

describe('a recorded run of growthbook-roles', () => {
  let scenario: Scenario;
  beforeEach(async () => {
    scenario = await openScenario();
  });

  test.each([
    ['as it is', {}],
    ['that is refused', { SAFETY_MAX_COUNT: '0', SAFETY_MAX_PERCENT: '0' }],
    ['without protected members', { GROWTHBOOK_PROTECTED_MEMBERS: '' }],
    ['with a lower ceiling', { GROWTHBOOK_GLOBAL_ROLE: 'noaccess' }],
  ])('makes the same plan with the same hash offline: %s', async (_, environment) => {
    const live = await scenario.run({ dryRun: true }, environment);
    const recording = recordingOf(await scenario.run({ dryRun: true, record: true }, environment));
    const requests = scenario.growthbook.requests.length;
    const { report } = await replay(growthbookRoles, recording);
    expect(planIn(report)).toBe(planIn(live.report));
    expect(report.run.facts).toBe(recording.run.id);
    expect(scenario.growthbook.requests.length).toBe(requests);
  });

  test('explains people as the run would have', async () => {
    const live = await scenario.run({ dryRun: true, explain: 'iris' });
    const { recording } = await scenario.run({ dryRun: true, record: true });
    const { explanation } = await replay(growthbookRoles, recordingOf({ recording }), { explain: 'iris' });
    expect(explanation).toEqual(live.explanation);
  });

  test('has its policy’s file as text', async () => {
    const file = join(emptyFolder(), 'policy.yaml');
    writeFileSync(
      file,
      'order: [noaccess, readonly]\ngate: none\nrules:\n  - { rule: 1, ldap: growthbook-readonly, role: readonly }\notherwise: { rule: 2 }\n',
    );
    const { recording } = await scenario.run(
      { dryRun: true, record: true },
      { GROWTHBOOK_POLICY_FILE: file },
    );
    expect(recording?.settings.GROWTHBOOK_POLICY).toContain('growthbook-readonly');
    expect(recording?.settings).not.toHaveProperty('GROWTHBOOK_POLICY_FILE');
  });

  test('has no secret, whatever the systems echo', async () => {
    const secret = 'secret_MARKED0123456789';
    scenario.growthbook.state.keys.push({ id: 'key_marked', secret, role: 'admin' });
    const member = scenario.growthbook.state.users.get('u_iris');
    if (member) member.name = secret;
    Object.assign(scenario.growthbook.state.teams[0] ?? {}, { name: `the team ${secret}` });
    const { recording } = await scenario.run(
      { dryRun: true, record: true },
      { GROWTHBOOK_LDAP_SYNC_API_KEY: secret },
    );
    const text = JSON.stringify(recordingOf({ recording }));
    expect(text).not.toContain('MARKED');
    expect(text).not.toContain(scenario.environment.LDAP_BIND_PASSWORD);
    expect(recording?.settings.GROWTHBOOK_LDAP_SYNC_API_KEY).toBeNull();
  });

  test('is none where a source failed', async () => {
    const { recording, report } = await scenario.run(
      { dryRun: true, record: true },
      { LDAP_SERVERS: 'ldap://127.0.0.1:1' },
    );
    expect([report.outcome, recording]).toEqual(['source-failed', undefined]);
  });

  test('writes nothing, keeps no report and pushes no metrics', async () => {
    const reports = emptyFolder();
    await scenario.run({ record: true }, { REPORTS: reports });
    expect(scenario.posts()).toEqual([]);
  });

  test.each<[string, (recording: Recording) => unknown, string]>([
    ['another format', (one) => ({ ...one, format: 2 }), 'format: another format of recording'],
    ['a plan file', ({ run }) => ({ format: 1, run, changes: [] }), 'kind: no recording'],
    ['another job’s', (one) => ({ ...one, run: { ...one.run, job: 'x' } }), "another job's recording"],
    ['an unknown key', (one) => ({ ...one, more: 1 }), 'found the unknown key "more"'],
  ])('is refused as a file of %s', async (_, change, words) => {
    const { recording } = await scenario.run({ dryRun: true, record: true });
    expect(() => {
      const path = join(emptyFolder(), 'facts.json');
      writeFileSync(path, JSON.stringify(change(recordingOf({ recording }))));
      readRecording(path, 'growthbook-roles');
    }).toThrow(words);
  });

  const wrongFacts: [string, (facts: Facts) => unknown, string][] = [
    ['people', (facts) => ({ ...facts, people: {} }), 'facts.people'],
    [
      'a person without a DN',
      (facts) => ({ ...facts, people: [{ ...facts.people[0], dn: 7 }] }),
      'facts.people.0.dn',
    ],
    ['members who are nobody', (facts) => ({ ...facts, people: [] }), 'is not in facts.people'],
    ['posix', (facts) => ({ ...facts, posix: { ...facts.posix, known: 'ada' } }), 'facts.posix.known'],
    ['a member', (facts) => ({ ...facts, members: [{ id: 'u_x' }] }), 'facts.members.0'],
    [
      'groups',
      (facts) => ({ ...facts, membersOf: {} }),
      'the policy names LDAP groups that were not recorded',
    ],
    ['an unknown key', (facts) => ({ ...facts, more: [] }), 'found the unknown key "more"'],
  ];
  test.each(wrongFacts)('is refused with other facts than it should have: %s', async (_, change, words) => {
    const recording = unchecked(await scenario.run({ dryRun: true, record: true }));
    const { report } = await replay(growthbookRoles, {
      ...recording,
      facts: change(recording.facts as Facts),
    });
    expect([report.outcome, report.exitCode]).toEqual(['invalid-request', 4]);
    expect(report.error).toContain(words);
  });

  test('is refused with settings that cannot be used', async () => {
    const recording = unchecked(await scenario.run({ dryRun: true, record: true }));
    const settings = { ...recording.settings, SAFETY_MAX_COUNT: 'many' };
    const { report } = await replay(growthbookRoles, { ...recording, settings });
    expect([report.outcome, report.error]).toEqual([
      'invalid-settings',
      expect.stringContaining('SAFETY_MAX_COUNT'),
    ]);
  });
});

interface Facts {
  readonly people: readonly object[];
  readonly posix: object;
}

describe('a recorded run of gitlab-approvals', () => {
  test('makes the same plan with the same hash offline', async () => {
    const clock = stillClock();
    const sandbox = await open(startGitlabSandbox(gitlabExample, clock.now));
    const run = (request: object) =>
      runJob(
        gitlabApprovals,
        { dryRun: true, ...request },
        {
          environment: { ...sandbox.environment },
          clock,
          log: { write: () => undefined },
          known: knownSettings,
        },
      );
    const live = await run({});
    expect(live.report.changes.length).toBeGreaterThan(2);
    const { report } = await replay(gitlabApprovals, recordingOf(await run({ record: true })));
    expect(planIn(report)).toBe(planIn(live.report));
  });
});
