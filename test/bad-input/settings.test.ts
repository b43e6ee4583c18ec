import { afterAll, describe, expect, test } from 'vitest';
import { gitlabApprovals } from '../../src/jobs/gitlab-approvals/job.ts';
import { growthbookRoles } from '../../src/jobs/growthbook-roles/job.ts';
import type { Setting } from '../../src/platform/settings.ts';
import { gitlabExample } from '../sandbox/gitlab/example.ts';
import { startScenario as startGitlabScenario } from '../scenarios/gitlab.ts';
import { startScenario } from '../scenarios/growthbook.ts';

const growthbook = await startScenario();
const gitlab = await startGitlabScenario(gitlabExample);
afterAll(() => Promise.all([growthbook.close(), gitlab.close()]));

const UNREADABLE = [
  'a\u0000b',
  'a\u0007b',
  '\u001b[31mred\u001b[0m',
  'a\u0085b',
  'a\u202eb',
  'a\u200bb',
  'a\ufeffb',
  'a\ud800b',
];
const NO_NUMBER = ['ten', '-1', '1.5', '1e3', '0x10', '１２', '١٢', '{}', 'null', 'Infinity', '9'.repeat(30)];
const NO_WORD = ['TRUE', 'yes', '1', 'оbserve', 'trüe', '[]', 'null', '__proto__'];
const NO_ADDRESS = [
  'x',
  '[]',
  'ftp://a.org',
  'javascript:1',
  'https://',
  '//a.org',
  'https://u:p@a.org',
  'htt\u0440s://a.org',
];

/** What a setting must refuse, from its name and its default alone. */
function badValues([name, { defaultText, keepsSpaces, isDocument }]: readonly [string, Setting<unknown>]) {
  const isWord = ['MODE', 'LOG_LEVEL', 'SKIPPED_EXIT_CODE'].includes(name);
  return [
    'x'.repeat(isDocument ? 2 ** 20 + 1 : 2 ** 16 + 1),
    ...(keepsSpaces || isDocument ? [] : UNREADABLE),
    ...(!isWord && /^\d+$/.test(defaultText ?? '') ? NO_NUMBER : []),
    ...(isWord || /^(true|false)$/.test(defaultText ?? '')
      ? NO_WORD.filter((word) => name !== 'SKIPPED_EXIT_CODE' || word !== '5')
      : []),
    ...(name.endsWith('_URL') ? NO_ADDRESS : []),
  ];
}

describe.each([
  ['growthbook-roles', growthbookRoles.settings],
  ['gitlab-approvals', gitlabApprovals.settings],
] as const)('each setting of %s', (job, settings) => {
  test.each(Object.entries(settings))(
    '%s refuses what it cannot mean, and nothing is read',
    async (name, setting) => {
      for (const value of badValues([name, setting])) {
        const over = { [name]: value };
        const { report } =
          job === 'growthbook-roles' ? await growthbook.run({}, over) : await gitlab.run({}, over);
        const shown = JSON.stringify(value.slice(0, 40));
        expect([report.outcome, report.exitCode], shown).toEqual(['invalid-settings', 4]);
        expect(report.error, shown).toMatch(new RegExp(`${name}: found .*, allowed: .`, 's'));
        expect(report.error?.length, shown).toBeLessThan(2000);
      }
      const servers = [growthbook.growthbook, growthbook.gitiles, gitlab.gitlab, gitlab.wiki];
      expect(servers.flatMap(({ requests }) => requests)).toEqual([]);
    },
  );
});
