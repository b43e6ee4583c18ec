import { afterEach, expect, test } from 'vitest';
import { createWikiPage } from '../../../src/audit/mediawiki/page.ts';
import { type PublishedApproval, publishAuditLog } from '../../../src/audit/mediawiki/publish.ts';
import { lineOf } from '../../../src/audit/mediawiki/wikitext.ts';
import { testRun } from '../../fixtures.ts';
import { startMediaWiki } from '../../sandbox/gitlab/mediawiki.ts';

const CREDENTIALS = { consumerKey: 'ck', consumerSecret: 'cs', token: 'at', tokenSecret: 'as' };
const TITLE = 'Log';

const cleanup: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(cleanup.splice(0).map((close) => close()));
});

const approval = (username: string): PublishedApproval => ({
  account: username,
  username,
  trust: 'organisation',
  at: Date.UTC(2026, 5, 1, 12),
});

async function start() {
  const { clock } = testRun();
  const wiki = await startMediaWiki({ credentials: CREDENTIALS, user: 'Glaab', now: clock.now });
  cleanup.push(wiki.close);
  const publisher = (random: () => number) => {
    const run = testRun({ mayWrite: true });
    const credentials = {
      consumerToken: 'ck',
      consumerSecret: 'cs',
      accessToken: 'at',
      accessSecret: 'as',
    };
    const page = createWikiPage({ url: wiki.url, page: TITLE, credentials }, run);
    return { run, publish: (name: string) => publishAuditLog([approval(name)], { page, run, random }) };
  };
  return { wiki, publisher };
}

test('of four runs that write at the same moment none loses its line', async () => {
  const { wiki, publisher } = await start();
  const names = ['ann', 'bob', 'cid', 'dan'];
  const published = await Promise.all(names.map((name, n) => publisher(() => n / 4).publish(name)));
  expect(published.map(({ failures }) => failures)).toEqual([[], [], [], []]);
  const lines = (wiki.textOf(TITLE) ?? '').split('\n');
  for (const name of names) expect(lines).toContain(lineOf(approval(name)));
});

test('the length of the pauses comes from the random numbers that are handed in', async () => {
  const { wiki, publisher } = await start();
  wiki.write(TITLE, { user: 'Somebody', text: 'The log.' });
  let conflicts = 2;
  wiki.state.beforeEdit = () => {
    conflicts -= 1;
    if (conflicts >= 0) wiki.write(TITLE, { user: 'Somebody', text: `The log. ${conflicts}` });
  };
  const { run, publish } = publisher(() => 0.5);
  expect((await publish('ann')).failures).toEqual([]);
  expect(run.clock.slept).toEqual([750, 1250]);
});
