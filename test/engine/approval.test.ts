import { describe, expect, test } from 'vitest';
import { approvedChanges, checkSameTarget, withoutApproved } from '../../src/engine/approval.ts';
import type { Change } from '../../src/engine/model.ts';
import type { ApprovedChange, PlanApproval } from '../../src/engine/run-types.ts';
import { decision } from '../fixtures.ts';

const change = (account: string, over: Partial<Change<string>> = {}): Change<string> =>
  ({ ...decision({ account, kind: 'revoke' }), row: 'row', ...over }) as Change<string>;
const approved = ({ account, kind, from, to }: Change<string>): ApprovedChange => ({
  account,
  kind,
  from,
  to,
});
const approvalFor = (...changes: readonly ApprovedChange[]): PlanApproval => ({
  hash: 'sha256:00',
  reason: 'a reason',
  target: { api: 'https://a.example.org' },
  changes,
});
const plan = (...changes: readonly Change<string>[]) => ({ changes, hash: 'sha256:11' });

describe('a change of a plan file counts as approved', () => {
  test('where account, kind, from and to are in the present plan', () => {
    const approval = approvalFor(approved(change('u_1')), approved(change('u_2')), approved(change('u_9')));
    expect([...approvedChanges(plan(change('u_1'), change('u_2')), approval)]).toEqual(['u_1', 'u_2']);
  });

  test.each([
    ['another account', { account: 'u_9' }],
    ['another kind', { kind: 'downgrade' }],
    ['from other access', { from: 'other' }],
    ['to other access', { to: 'other' }],
  ])('and not for %s', (_, over) => {
    const approval = approvalFor({ ...approved(change('u_1')), ...over });
    expect(approvedChanges(plan(change('u_1')), approval).size).toBe(0);
  });

  test('without regard to the order of keys in its access', () => {
    const present = change('u_1', { from: { a: 1, b: 2 } as unknown as string });
    const approval = approvalFor({ ...approved(present), from: { b: 2, a: 1 } });
    expect(approvedChanges(plan(present), approval).size).toBe(1);
  });
});

test('an approved change uses up no limit, and its access afterwards is what it will be', () => {
  const [one, other] = [change('u_1', { to: 'less' }), change('u_2')];
  const { decisions } = withoutApproved({ decisions: [one, other], notes: [] }, new Set(['u_1']));
  expect(decisions.map(({ kind, to }) => [kind, to])).toEqual([
    ['unchanged', 'less'],
    ['revoke', other.to],
  ]);
});

test('a plan file for another target is an error that names both', () => {
  const approval = approvalFor();
  expect(() =>
    checkSameTarget('plan file:', approval.target ?? {}, { api: 'https://a.example.org' }),
  ).not.toThrow();
  expect(() =>
    checkSameTarget('plan file:', approval.target ?? {}, { api: 'https://b.example.org' }),
  ).toThrow(
    'plan file: another target (found {"api":"https://a.example.org"}, allowed {"api":"https://b.example.org"})',
  );
});
