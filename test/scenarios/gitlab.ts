import { type RunRequest, type RunResult, runJob } from '../../src/app/run-job.ts';
import { gitlabDefinition } from '../../src/jobs/gitlab-approvals/job.ts';
import { knownSettings } from '../../src/jobs/registry.ts';
import { type StillClock, stillClock } from '../sandbox/clock.ts';
import { type Cast, startGitlabWorld } from '../sandbox/gitlab/world.ts';
import { explaining } from './explaining.ts';

/** All systems of the job on 127.0.0.1 with time standing still, and a way to run the job in them. */
export async function setStage(cast: Cast, clock: StillClock = stillClock()) {
  const { environment: places, auditPage, close, ...servers } = await startGitlabWorld(cast, clock.now);
  const { gitlab, wiki } = servers;
  const environment = { MODE: 'enforce', LOG_LEVEL: 'debug', ...places };
  const lines: Readonly<Record<string, unknown>>[] = [];
  return {
    ...servers,
    clock,
    lines,
    environment,
    /** Runs the job; enforcing unless told. A variable that is `undefined` is not set. */
    run: (
      call: Partial<RunRequest> = {},
      over: Readonly<Record<string, string | undefined>> = {},
      stop?: AbortSignal,
    ): Promise<RunResult> =>
      explaining(gitlabDefinition, (job) =>
        runJob(
          job,
          { dryRun: false, ...call },
          {
            environment: { ...environment, ...over },
            clock,
            log: { write: (line: string) => void lines.push(JSON.parse(line)) },
            known: [...new Set([...knownSettings, ...Object.keys(gitlabDefinition.settings)])],
            ...(stop ? { stop } : {}),
          },
        ),
      ),
    /** The ids that GitLab was told to approve, whatever it answered. */
    approvalsSent: () =>
      gitlab.requests.flatMap(({ method, path }) => (method === 'POST' ? [Number(path.split('/')[4])] : [])),
    editsSent: () => wiki.requests.filter(({ method }) => method === 'POST').length,
    auditPage,
    close,
  };
}
export type Stage = Awaited<ReturnType<typeof setStage>>;

/** Runs a test on a stage that is taken down afterwards. */
export async function onStage(cast: Cast, play: (stage: Stage) => Promise<void>): Promise<void> {
  const stage = await setStage(cast);
  try {
    await play(stage);
  } finally {
    await stage.close();
  }
}
