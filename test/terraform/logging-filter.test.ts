import { describe, expect, it } from 'vitest';
import { compileFilter } from './logging-filter.ts';

const entry = {
  severity: 'ERROR',
  resource: { type: 'cloud_run_revision', labels: { service_name: 'muster-growthbook-roles' } },
  httpRequest: { status: 409 },
  jsonPayload: {
    event: 'run.completed',
    outcome: 'Failed',
    headRoom: { revokes: -3 },
    dryRun: false,
    error: null,
  },
};

const CASES: readonly (readonly [filter: string, selected: boolean])[] = [
  ['jsonPayload.event="run.completed"', true],
  ['jsonPayload.event="run"', false],
  ['jsonPayload.outcome="failed"', true],
  ['jsonPayload.outcome!="failed"', false],
  ['jsonPayload.outcome!="applied"', true],
  ['jsonPayload.missing!="applied"', false],
  ['NOT jsonPayload.missing="applied"', true],
  ['jsonPayload.outcome=("applied" OR "failed")', true],
  ['NOT jsonPayload.outcome=("applied" OR "failed")', false],
  ['jsonPayload.headRoom.revokes:*', true],
  ['jsonPayload.headRoom.approvals:*', false],
  ['jsonPayload.headRoom.revokes>="-3"', true],
  ['jsonPayload.headRoom.revokes>="-2"', false],
  ['jsonPayload.headRoom.approvals>="-2"', false],
  ['jsonPayload.dryRun=false', true],
  ['httpRequest.status=409', true],
  ['httpRequest.status<400', false],
  ['severity>=ERROR', true],
  ['severity>=CRITICAL', false],
  ['severity="WARNING"', false],
  [
    'resource.type="cloud_run_revision" AND resource.labels.service_name=("a" OR "muster-growthbook-roles")',
    true,
  ],
  ['resource.type="a" OR severity=ERROR AND resource.type="a"', false],
  ['resource.type="a" OR (severity=ERROR AND httpRequest.status>400)', true],
  ['severity=ERROR OR resource.type="a" AND resource.type="a"', false],
];

describe('the evaluator of logging filters', () => {
  it.each(CASES)('%s selects the entry: %s', (filter, selected) => {
    expect(compileFilter(filter)(entry)).toBe(selected);
  });

  it.each([
    'jsonPayload.event=~"run"',
    'jsonPayload.event="run" "fail"',
    '(severity=ERROR',
    'severity=LOUD',
    'AND',
    '',
  ])('refuses what it does not know: %s', (filter) => {
    expect(() => compileFilter(filter)(entry)).toThrow('filter: ');
  });
});
