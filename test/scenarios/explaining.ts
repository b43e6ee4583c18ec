import { expect } from 'vitest';
import type { RunResult } from '../../src/app/run-job.ts';
import type { Decision } from '../../src/engine/model.ts';
import type { CommonSettings } from '../../src/jobs/common-settings.ts';
import { defineJob, type Job, type JobDefinition } from '../../src/jobs/define-job.ts';
import type { SettingsSpec } from '../../src/platform/settings.ts';
import type { Report } from '../../src/reports/report.ts';
import { explanationProblems } from '../explanations.ts';

/** Runs a job so that each account's explanation is compared with its decision. Fails where one of them says otherwise. */
export async function explaining<S extends CommonSettings & SettingsSpec, F, A, R>(
  definition: JobDefinition<S, F, A, R>,
  run: (job: Job) => Promise<RunResult>,
): Promise<RunResult> {
  const problems: string[] = [];
  const decisions: Decision<A, R>[] = [];
  const job = defineJob({
    ...definition,
    build: async (values, started, compared) => {
      const stages = await definition.build(values, started, compared);
      return {
        ...stages,
        resolve: (facts: F) => {
          const resolved = stages.resolve(facts);
          decisions.push(...resolved.decisions);
          problems.push(
            ...explanationProblems(resolved, stages.subjects(facts, resolved), definition.describe),
          );
          return resolved;
        },
      };
    },
  });
  const result = await run(job);
  const reported = result.isPastReport ? [] : reportProblems(result.report, decisions);
  expect([...problems, ...reported]).toEqual([]);
  return result;
}

/** What a report says otherwise than the decisions. */
function reportProblems(
  { run, changes }: Report,
  decisions: readonly Decision<unknown>[],
): readonly string[] {
  if (run.undo !== null) return [];
  const words = ({
    account,
    project,
    kind,
    rule,
    because,
  }: Pick<Report['changes'][number], 'account' | 'project' | 'rule' | 'because'> & {
    readonly kind: string;
  }) => JSON.stringify([account, project, kind, rule, because]);
  const decided = new Set(decisions.map(words));
  return changes
    .filter((change) => !decided.has(words(change)))
    .map((change) => `reported otherwise: ${words(change)}`);
}
