import { rejectRequest } from '../../src/app/run-job.ts';
import { growthbookRoles } from '../../src/jobs/growthbook-roles/job.ts';
import { pending } from '../sandbox/gitlab/sandbox.ts';
import type { Fault, FaultEffect, Recorded } from '../sandbox/server.ts';
import { startScenario as startGitlabScenario } from '../scenarios/gitlab.ts';
import { isWrite, startScenario as startGrowthBookScenario } from '../scenarios/growthbook.ts';
import type { Entry } from './logging-filter.ts';

/** One log line as the process writes it. */
export type Line = Readonly<Record<string, unknown>>;

/** The lines of runs of both jobs that end in every way a run can end, written by the jobs themselves in the embedded sandbox. */
export const capturedLines = async (): Promise<readonly Line[]> => [
  ...(await growthBookLines()),
  ...(await gitlabLines()),
];

const answering = (status: number, message = 'no'): FaultEffect => ({
  kind: 'answer',
  answer: { status, body: { message } },
});

async function growthBookLines(): Promise<readonly Line[]> {
  const scenario = await startGrowthBookScenario();
  const { growthbook, clock } = scenario;
  const fault = (when: Fault['when'], effect: FaultEffect) => growthbook.addFault({ when, effect });
  try {
    await scenario.run({}, { MODE: 'observe' });
    await scenario.run({}, { SAFETY_MAX_COUNT: '0', SAFETY_MAX_PERCENT: '0' });
    await scenario.run({}, { GROWTHBOOK_PROJECT: '' });
    await scenario.run({}, { LDAP_SERVERS: 'ldap://127.0.0.1:1' });
    fault(isWrite(), answering(418));
    await scenario.run();
    growthbook.clearFaults();
    growthbook.state.before = ({ method }) => method === 'POST' && clock.advance(100_000);
    await scenario.run();
    growthbook.state.before = undefined;
    growthbook.loginDuringWrite('u_mona', { when: ({ memberId }) => memberId === 'u_xena' });
    await Promise.all([scenario.run(), scenario.run()]);
    await scenario.run();
    const lines: Line[] = [...scenario.lines];
    rejectRequest(growthbookRoles, 'request: unknown parameter', {
      environment: {},
      clock,
      log: { write: (line) => void lines.push(JSON.parse(line)) },
      known: [],
      header: (name) => (name === 'traceparent' ? `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01` : undefined),
    });
    return lines;
  } finally {
    await scenario.close();
  }
}

async function gitlabLines(): Promise<readonly Line[]> {
  const scenario = await startGitlabScenario({
    users: [pending(1, 'staff'), pending(2, 'faster'), pending(3, 'new'), pending(4, 'nobody')],
    known: ['new'],
    groups: { wmf: ['staff', 'faster'] },
  });
  try {
    const isApproval = ({ method, path }: Recorded) => method === 'POST' && path.includes('/2/approve');
    scenario.gitlab.addFault({ when: isApproval, effect: answering(409) });
    await scenario.run();
    await scenario.run();
    scenario.phabricator.addFault({ when: () => true, effect: answering(500) });
    await scenario.run();
    return scenario.lines;
  } finally {
    await scenario.close();
  }
}

/** Fields that Cloud Logging lifts out of a line, and where to. Source: cloud.google.com/logging/docs/structured-logging. */
const LIFTED: Readonly<Record<string, string>> = {
  severity: 'severity',
  time: 'timestamp',
  'logging.googleapis.com/trace': 'trace',
  'logging.googleapis.com/spanId': 'spanId',
  'logging.googleapis.com/trace_sampled': 'traceSampled',
  'logging.googleapis.com/labels': 'labels',
  'logging.googleapis.com/insertId': 'insertId',
};

/** A function's line as the entry that Cloud Logging makes of it. `message` stays in the payload. */
export function entryOf(line: Line, service: string): Entry {
  const lifted = Object.entries(line).flatMap(([name, value]) => {
    const target = LIFTED[name];
    return target ? [[target, value] as const] : [];
  });
  const payload = Object.entries(line).filter(([name]) => !(name in LIFTED));
  return {
    resource: { type: 'cloud_run_revision', labels: { service_name: service } },
    ...Object.fromEntries(lifted),
    jsonPayload: Object.fromEntries(payload),
  };
}

/** Cloud Scheduler's entry about one attempt that ended with this HTTP status. */
export const attempt = (job: string, status: number): Entry => ({
  resource: { type: 'cloud_scheduler_job', labels: { job_id: job, location: 'europe-west1' } },
  severity: status < 300 ? 'INFO' : 'ERROR',
  httpRequest: { status },
  jsonPayload: { '@type': 'type.googleapis.com/google.cloud.scheduler.logging.AttemptFinished' },
});
