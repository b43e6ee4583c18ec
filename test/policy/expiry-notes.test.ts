import { expect, test } from 'vitest';
import { policyNotes } from '../../src/policy/expiry-notes.ts';
import type { Rule } from '../../src/policy/policy.ts';

const rule = (over: Partial<Rule>): Rule => ({ rule: 2, when: { ldap: 'a' }, role: 'admin', ...over });
const notesOf = (expired: readonly Rule[], expiring: readonly Rule[]) =>
  policyNotes({
    order: ['noaccess', 'admin'],
    gate: 'none',
    rules: expiring,
    otherwise: { rule: 9 },
    mayBeEmpty: [],
    expired,
    expiring,
  });

test('a rule that has expired and one that soon will are a note each, the expired ones first', () => {
  const full = { description: 'on call', reason: 'a trial' };
  expect(
    notesOf(
      [rule({ expires: '2026-05-01', ...full }), rule({ rule: 3, expires: '2026-05-02' })],
      [rule({ rule: 4, expires: '2026-06-05', ...full }), rule({ rule: 5, expires: '2026-06-06' })],
    ),
  ).toEqual([
    {
      kind: 'expired',
      account: null,
      label: 'rule 2 (on call)',
      because: 'expired on 2026-05-01; its reason: a trial',
    },
    { kind: 'expired', account: null, label: 'rule 3', because: 'expired on 2026-05-02' },
    {
      kind: 'expiring',
      account: null,
      label: 'rule 4 (on call)',
      because: 'expires on 2026-06-05; its reason: a trial',
    },
    { kind: 'expiring', account: null, label: 'rule 5', because: 'expires on 2026-06-06' },
  ]);
});

test('a policy without such a rule has no note', () => {
  expect(notesOf([], [])).toEqual([]);
});
