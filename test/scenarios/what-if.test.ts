import { readFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import type { WhatIfRequest } from '../../src/app/run-job.ts';
import { parseMembership } from '../../src/engine/membership-change.ts';
import { gitlabExample } from '../sandbox/gitlab/example.ts';
import { groupDn } from '../sandbox/growthbook/example.ts';
import { openScenario } from './gitlab.ts';
import { scenario, test } from './growthbook.ts';

const add = (text: string) => parseMembership('add', text);
const remove = (text: string) => parseMembership('remove', text);
const POLICY = readFileSync(new URL('../../src/jobs/growthbook-roles/policy.yaml', import.meta.url), 'utf8');

const ask = (whatIf: WhatIfRequest) => scenario.run({ whatIf });

describe('what if somebody were in another group', () => {
  test('says who would gain and who would lose, and why, and writes nothing', async () => {
    const { whatIf, report } = await ask({
      changes: [
        add('iris:posix:analytics-privatedata-users'),
        remove('efua:growthbook-customelevatedaccess'),
      ],
    });
    expect(
      whatIf?.differences.map(({ label, direction, before, after }) => [
        label,
        direction,
        before?.rule,
        after?.rule,
      ]),
    ).toEqual([
      ['efua@example.org', 'loses', 3, 5],
      ['iris@example.org', 'gains', 1, 4],
    ]);
    expect(whatIf?.stays).toHaveLength(25);
    expect(report.changes.map(({ account }) => account)).not.toContain('u_iris');
    expect(scenario.posts()).toEqual([]);
  });

  test('says the same as a run after the change really was made', async () => {
    const { report: then } = await ask({ changes: [remove('efua:growthbook-customelevatedaccess')] });
    const group = scenario.ldap.entries.find(({ dn }) => dn === groupDn('customelevatedaccess'));
    if (!group) throw new Error('the example has lost its group');
    group.attributes.member = [group.attributes.member ?? []]
      .flat()
      .filter((dn) => !dn.startsWith('uid=efua'));
    const { report: now } = await scenario.run({ dryRun: true });
    expect(now.planHash).toBe(then.planHash);
  });

  test('knows people who are in no group yet', async () => {
    scenario.ldap.entries.push({
      dn: 'uid=liam,ou=people,dc=wikimedia,dc=org',
      attributes: {
        objectClass: ['inetOrgPerson'],
        uid: 'liam',
        cn: 'Liam',
        sn: 'Liam',
        mail: 'liam@elsewhere.example',
      },
    });
    const changes = [add('LIAM:growthbook-readonly'), add('liam:posix:analytics-privatedata-users')];
    const { whatIf } = await ask({ changes });
    expect(whatIf?.differences).toMatchObject([{ label: 'liam@elsewhere.example', direction: 'gains' }]);
  });

  test.each([
    [
      add('iriss:growthbook-admin'),
      'nobody who was read has this user name (found iriss; the nearest names: iris',
    ],
    [
      add('iris:growthbook-admins'),
      'no LDAP group that the policy names (found growthbook-admins; the nearest names: growthbook-admin',
    ],
    [
      add('iris:posix:analytics'),
      'no POSIX group that the policy names (found analytics; the nearest names: analytics-',
    ],
    [remove('nobody-at-all:posix:deployment'), 'nobody in data.yaml or LDAP who was read has this user name'],
  ])('refuses a name that is not there, and shows the nearest: %j', async (change, words) => {
    const { report, whatIf } = await ask({ changes: [change] });
    expect([report.outcome, report.exitCode, whatIf]).toEqual(['invalid-request', 4, undefined]);
    expect(report.error).toContain(words);
  });

  test.each(['', 'ada', ':g', 'ada:', 'ada:ldap:posix:g', 'ada:x:y', ' : '])(
    '%j is no membership',
    (text) => {
      expect(() => add(text)).toThrow('no membership');
    },
  );
});

describe('what if the policy were another one', () => {
  const policy = (text: string) => ({ changes: [], policy: { name: 'new.yaml', text } });

  test('shows just the difference on the same facts', async () => {
    const { whatIf } = await ask(policy(POLICY.replace(/role: readonly/, 'role: engineer')));
    const directions = new Set(whatIf?.differences.map(({ direction }) => direction));
    expect(directions).toEqual(new Set(['gains', 'differs']));
    expect(whatIf?.policy).toBe('new.yaml');
    const { whatIf: same } = await ask(policy(POLICY));
    expect(same?.differences).toEqual([]);
  });

  test('reads the groups of both', async () => {
    scenario.ldap.entries.push({
      dn: 'cn=growthbook-new,ou=groups,dc=wikimedia,dc=org',
      attributes: {
        objectClass: ['groupOfNames'],
        cn: 'growthbook-new',
        member: ['uid=cleo,ou=people,dc=wikimedia,dc=org'],
      },
    });
    const { whatIf } = await ask(policy(POLICY.replace('growthbook-admin', 'growthbook-new')));
    const gone = whatIf?.differences.map(({ label, direction }) => [label, direction]);
    expect(gone).not.toContainEqual(['cleo@example.org', 'loses']);
  });

  test('refuses a policy that is none', async () => {
    const { report } = await ask(policy('rules: 7'));
    expect([report.outcome, report.exitCode]).toEqual(['invalid-settings', 4]);
    expect(report.error).toContain('GROWTHBOOK_POLICY');
  });

  test('replays on a recording, and refuses groups that it does not have', async () => {
    const { recording } = await scenario.run({ dryRun: true, record: true });
    const whatIf = policy(POLICY.replace('growthbook-admin', 'growthbook-new'));
    const { report } = await scenario.run({ recording, whatIf });
    expect(report.error).toContain(
      'LDAP groups that were not recorded (found growthbook-new; record with --policy FILE)',
    );
    const wider = await scenario.run({ dryRun: true, record: true, whatIf: policy(POLICY) });
    expect(wider.recording?.facts).toEqual(recording?.facts);
  });
});

describe('what if somebody were trusted in gitlab-approvals', () => {
  test('says who would be approved, and who no longer would', async () => {
    const { run, gitlab } = await openScenario(gitlabExample);
    const now = await run({ dryRun: true });
    const approved = now.report.changes.filter(({ rule }) => rule === 1).at(0);
    if (!approved) throw new Error('the example approves nobody by rule 1');
    const [uid = '', group = ''] = [approved.because.split(' ')[0], approved.groups[0]?.replace('ldap:', '')];
    const { whatIf } = await run({ dryRun: true, whatIf: { changes: [remove(`${uid}:${group}`)] } });
    expect(whatIf?.differences[0]).toMatchObject({ label: approved.label, before: { rule: 1 } });
    expect(gitlab.approvals).toEqual([]);
    const { report } = await run({ dryRun: true, whatIf: { changes: [add(`${uid}:posix:x`)] } });
    expect(report.error).toContain('this job reads no POSIX groups');
  });
});
