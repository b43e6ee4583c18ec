import { gitlabDefinition } from '../../src/jobs/gitlab-approvals/job.ts';
import { type StillClock, stillClock } from '../sandbox/clock.ts';
import { type GitlabContent, startGitlabSandbox } from '../sandbox/gitlab/sandbox.ts';
import { open } from './harness.ts';
import { type LogLine, scenarioRunner } from './scenario-runner.ts';

/** Starts all systems of the job on localhost, with a clock that a test moves, and a way to run the job. The caller closes them. */
export async function startScenario(content: GitlabContent, clock: StillClock = stillClock()) {
  const { environment: places, auditPage, close, ...servers } = await startGitlabSandbox(content, clock.now);
  const { gitlab, wiki } = servers;
  const environment = { MODE: 'enforce', LOG_LEVEL: 'debug', ...places };
  const lines: LogLine[] = [];
  return {
    ...servers,
    clock,
    lines: lines as readonly LogLine[],
    environment,
    run: scenarioRunner(gitlabDefinition, { environment, clock }, lines),
    /** The ids that GitLab was asked to approve, whatever it answered. */
    approvalsSent: () =>
      gitlab.requests.flatMap(({ method, path }) => (method === 'POST' ? [Number(path.split('/')[4])] : [])),
    editsSent: () => wiki.requests.filter(({ method }) => method === 'POST').length,
    auditPage,
    close,
  };
}
export type Scenario = Awaited<ReturnType<typeof startScenario>>;

/** Starts a scenario that is closed when the test ends. */
export const openScenario = (content: GitlabContent): Promise<Scenario> => open(startScenario(content));
