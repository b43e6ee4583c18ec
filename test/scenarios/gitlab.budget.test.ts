import { expect } from 'vitest';
import { pending } from '../sandbox/gitlab/sandbox.ts';
import { openScenario } from './gitlab.ts';
import { test } from './harness.ts';

const ten = Array.from({ length: 10 }, (_, n) => `person${n}`);

test('with nobody waiting the run is over after one request, without an LDAP connection', async () => {
  const scenario = await openScenario({ users: [pending(1, 'ann', { state: 'blocked' })] });
  const { report } = await scenario.run();
  expect([report.outcome, report.exitCode]).toEqual(['unchanged', 0]);
  expect(report.calls).toEqual({ gitlab: { GET: 1 } });
  expect(scenario.gitlab.requests).toHaveLength(1);
  expect(scenario.ldap.connections).toBe(0);
  const others = [scenario.phabricator, scenario.gerrit, scenario.wiki].map(
    ({ requests }) => requests.length,
  );
  expect(others).toEqual([0, 0, 0]);
});

test('ten waiting, all trusted by LDAP: one list, three searches (groups, whether a member outside the people base is a group, people), ten times three requests and one edit', async () => {
  const scenario = await openScenario({
    users: ten.map((uid, n) => pending(n + 1, uid)),
    groups: { wmf: ten },
  });
  const { report } = await scenario.run();
  expect([report.outcome, report.counts.approve]).toEqual(['applied', 10]);
  expect(report.calls).toEqual({
    gitlab: { GET: 21, POST: 10 },
    ldap: { connect: 1, rootdse: 1, contextcsn: 1, search: 3 },
    mediawiki: { query: 2, edit: 1 },
  });
  expect(scenario.ldap.searches).toHaveLength(3);
  expect(scenario.ldap.connections).toBe(1);
});

test('250 accounts that are not active are read in three pages, and all who wait are looked up together', async () => {
  const uids = Array.from({ length: 250 }, (_, n) => `person${n}`);
  const users = uids.map((uid, n) => pending(n + 1, uid, n % 5 === 0 ? {} : { state: 'blocked' }));
  const scenario = await openScenario({ users, known: uids });
  const { report } = await scenario.run();
  expect(report.counts).toEqual({ approve: 0, skipped: 50, undecided: 0, unchanged: 0 });
  expect(report.calls.gitlab).toEqual({ GET: 3 });
  expect(report.calls.ldap).toEqual({ connect: 1, rootdse: 1, contextcsn: 1, search: 3 });
});

test('names are looked up 150 at a time, and Conduit is asked for a hundred at a time', async () => {
  const uids = Array.from({ length: 151 }, (_, n) => `person${n}`);
  const scenario = await openScenario({ users: uids.map((uid, n) => pending(n + 1, uid)), known: uids });
  const { report } = await scenario.run();
  expect(report.counts.skipped).toBe(151);
  expect(report.calls.ldap).toEqual({ connect: 1, rootdse: 1, contextcsn: 1, search: 4 });
  expect(report.calls.phabricator).toEqual({ 'user.whoami': 1, 'user.ldapquery': 2 });
  expect(report.calls.gerrit).toEqual({ GET: 1 });
});

test('never more than four requests are under way at once', async () => {
  const scenario = await openScenario({
    users: ten.map((uid, n) => pending(n + 1, uid)),
    groups: { wmf: ten },
  });
  await scenario.run();
  const peaks = [scenario.gitlab, scenario.phabricator, scenario.gerrit, scenario.wiki].map(
    ({ peak }) => peak,
  );
  expect(peaks.reduce((sum, peak) => sum + peak, 0)).toBeLessThanOrEqual(4);
});
