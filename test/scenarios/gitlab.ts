import { gitlabDefinition } from '../../src/jobs/gitlab-approvals/job.ts';
import { type StillClock, stillClock } from '../sandbox/clock.ts';
import { type Cast, startGitlabWorld } from '../sandbox/gitlab/world.ts';
import { type LogLine, runOnStage } from './run-on-stage.ts';

/** Starts all systems of the job on localhost, with a clock that a test moves, and a way to run the job. The caller closes them. */
export async function setStage(cast: Cast, clock: StillClock = stillClock()) {
  const { environment: places, auditPage, close, ...servers } = await startGitlabWorld(cast, clock.now);
  const { gitlab, wiki } = servers;
  const environment = { MODE: 'enforce', LOG_LEVEL: 'debug', ...places };
  const lines: LogLine[] = [];
  return {
    ...servers,
    clock,
    lines: lines as readonly LogLine[],
    environment,
    run: runOnStage(gitlabDefinition, { environment, clock }, lines),
    /** The ids that GitLab was asked to approve, whatever it answered. */
    approvalsSent: () =>
      gitlab.requests.flatMap(({ method, path }) => (method === 'POST' ? [Number(path.split('/')[4])] : [])),
    editsSent: () => wiki.requests.filter(({ method }) => method === 'POST').length,
    auditPage,
    close,
  };
}
export type Stage = Awaited<ReturnType<typeof setStage>>;

/** Runs a test on a stage, which is closed afterwards. */
export async function onStage(cast: Cast, work: (stage: Stage) => Promise<void>): Promise<void> {
  const stage = await setStage(cast);
  try {
    await work(stage);
  } finally {
    await stage.close();
  }
}
