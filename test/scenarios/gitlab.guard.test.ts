import { expect } from 'vitest';
import { createWikiPage } from '../../src/audit/mediawiki/page.ts';
import { createConduit } from '../../src/directories/phabricator/conduit.ts';
import type { Run } from '../../src/engine/run-types.ts';
import { StopError } from '../../src/platform/errors.ts';
import { createConcurrencyLimit } from '../../src/platform/http-client.ts';
import { createGitlabClient } from '../../src/targets/gitlab/client.ts';
import { testRun } from '../fixtures.ts';
import { CONDUIT_TOKEN, CREDENTIALS, GITLAB_TOKEN, pending } from '../sandbox/gitlab/sandbox.ts';
import { openScenario, type Scenario } from './gitlab.ts';
import { test } from './harness.ts';

const credentials = {
  consumerToken: CREDENTIALS.consumerKey,
  consumerSecret: CREDENTIALS.consumerSecret,
  accessToken: CREDENTIALS.token,
  accessSecret: CREDENTIALS.tokenSecret,
};
const content = { users: [pending(1, 'ann')], groups: { wmf: ['ann'] } };

const clients = ({ gitlab, phabricator, wiki }: Scenario, run: Run) => ({
  gitlab: createGitlabClient({ root: gitlab.origin, token: GITLAB_TOKEN }, run),
  conduit: createConduit({ root: phabricator.origin, user: 'glaab', token: CONDUIT_TOKEN }, run),
  wiki: createWikiPage({ url: wiki.url, page: 'P', credentials }, run),
});
const text = { text: '', revid: undefined, token: 't', now: undefined, rights: undefined };

type Clients = ReturnType<typeof clients>;

test.each<readonly [string, (all: Clients) => Promise<unknown>]>([
  [
    'an approval',
    ({ gitlab }) => gitlab.approve(1, { onSent: () => undefined, shouldRetry: async () => true }),
  ],
  ['a wiki edit', ({ wiki }) => wiki.save('x', 'y', text)],
  ['a Conduit method that edits', ({ conduit }) => conduit('user.edit', { transactions: [] })],
  ['a Conduit method that nobody knows', ({ conduit }) => conduit('user.query', {})],
  [
    'a Conduit method that begins like one that reads',
    ({ conduit }) => conduit('user.whoami/../user.edit', {}),
  ],
])('a run that may not write sends no request for %s', async (_, write) => {
  const scenario = await openScenario(content);
  await expect(write(clients(scenario, testRun({ clock: scenario.clock })))).rejects.toThrow(StopError);
  const requests = [scenario.gitlab, scenario.phabricator, scenario.wiki].flatMap(
    (server) => server.requests,
  );
  expect(requests).toEqual([]);
});

test('a run that may not write may read everywhere', async () => {
  const scenario = await openScenario({ ...content, phabricator: ['ann'] });
  const { gitlab, conduit, wiki } = clients(scenario, testRun({ clock: scenario.clock }));
  expect(await gitlab.pending()).toHaveLength(1);
  expect(await gitlab.account(1)).toMatchObject({ username: 'ann' });
  expect((await wiki.read()).text).toBe('');
  await conduit('user.whoami', {});
  await conduit('user.ldapquery', { ldapnames: ['ann'] });
  await conduit('project.search', { constraints: { slugs: ['trusted-contributors'] } });
  expect(scenario.phabricator.requests).toHaveLength(3);
});

test.each([
  ['a dry run', { dryRun: true }, {}],
  ['a run that only observes', {}, { MODE: 'observe' }],
])('%s plans the approvals and sends no request that writes', async (_, call, environment) => {
  const scenario = await openScenario(content);
  const { report } = await scenario.run(call, environment);
  expect([report.outcome, report.counts.approve]).toEqual(['planned', 1]);
  expect(scenario.gitlab.requests.map(({ method }) => method)).toEqual(['GET']);
  expect([scenario.approvalsSent(), scenario.editsSent(), scenario.gitlab.approvals]).toEqual([[], 0, []]);
});

test('systems that share a gate have four requests under way between them', async () => {
  const scenario = await openScenario({
    users: Array.from({ length: 12 }, (_, n) => pending(n + 1, `p${n}`)),
  });
  let now = 0;
  let most = 0;
  const gate = createConcurrencyLimit(4);
  const counting: typeof gate = (task) =>
    gate(async () => {
      now += 1;
      most = Math.max(most, now);
      return await task().finally(() => {
        now -= 1;
      });
    });
  const run = testRun({ clock: scenario.clock });
  const gitlab = createGitlabClient(
    { root: scenario.gitlab.origin, token: GITLAB_TOKEN, concurrency: counting },
    run,
  );
  const settings = {
    root: scenario.phabricator.origin,
    user: 'glaab',
    token: CONDUIT_TOKEN,
    concurrency: counting,
  };
  const conduit = createConduit(settings, run);
  const numbers = Array.from({ length: 12 }, (_, n) => n + 1);
  await Promise.all(numbers.flatMap((n) => [gitlab.account(n), conduit('user.whoami', {})]));
  expect(most).toBe(4);
});
