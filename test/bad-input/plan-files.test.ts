import { afterAll, expect, test } from 'vitest';
import { approvalOf } from '../../src/app/read-plan-file.ts';
import { approvedChanges, checkSameTarget } from '../../src/engine/approval.ts';
import type { PlanApproval } from '../../src/engine/run-types.ts';
import { InvalidRequestError } from '../../src/platform/errors.ts';
import { parseStrictJson } from '../../src/platform/strict-json.ts';
import type { Report } from '../../src/reports/report.ts';
import { gitlabExample } from '../sandbox/gitlab/example.ts';
import { startScenario as startGitlabScenario } from '../scenarios/gitlab.ts';
import { startScenario } from '../scenarios/growthbook.ts';
import { reordered, textMutantsOf } from './mutants.ts';

const growthbook = await startScenario();
const gitlab = await startGitlabScenario(gitlabExample);
afterAll(() => Promise.all([growthbook.close(), gitlab.close()]));

/** The parts of a report that a plan file is read for, with two changes. */
const partsOf = ({ format, run, target, planHash, changes }: Report) => ({
  format,
  run: { job: run.job, startedAt: run.startedAt },
  target,
  planHash,
  changes: changes.slice(0, 2).map(({ account, project, kind, from, to }) => ({
    account,
    ...(project ? { project } : {}),
    kind,
    from,
    to,
  })),
});

test.each(['growthbook-roles', 'gitlab-approvals'] as const)(
  'a plan file of %s with one place spoilt is refused with what was found and what is allowed, or approves nothing more',
  async (job) => {
    const { report } =
      job === 'growthbook-roles'
        ? await growthbook.run({ dryRun: true })
        : await gitlab.run({ dryRun: true });
    const plan = { changes: report.changes, hash: report.planHash ?? '' } as never;
    const file = partsOf(report);
    const read = (text: string): PlanApproval =>
      approvalOf(parseStrictJson('plan file plan.json', Buffer.from(text)), 'a reason', {
        job,
        now: Date.parse(report.run.startedAt),
      });
    const whole = read(JSON.stringify(file));
    const approved = approvedChanges(plan, whole);
    expect([approved.size, read(JSON.stringify(reordered(file)))]).toEqual([2, whole]);
    const wrong = textMutantsOf(file).flatMap(({ path, how, text }) => {
      const name = `${path}: ${how}`;
      try {
        const approval = read(text);
        checkSameTarget('plan file:', approval.target ?? {}, report.target ?? {});
        const more = [...approvedChanges(plan, approval)].filter((key) => !approved.has(key));
        return approval.hash === whole.hash && more.length === 0 ? [] : [`${name}: approves more`];
      } catch (error) {
        const isClear =
          error instanceof InvalidRequestError &&
          /found .*allowed .|found .*allowed: ./s.test(error.message) &&
          error.message.length < 2000;
        return isClear ? [] : [`${name}: ${error}`];
      }
    });
    expect(wrong).toEqual([]);
  },
  60_000,
);
