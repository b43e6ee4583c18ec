import { expect, test } from 'vitest';
import { logEvaluation } from '../../../src/jobs/gitlab-approvals/log-evaluation.ts';
import { createLog } from '../../../src/platform/log.ts';
import { person } from '../../fixtures.ts';
import { cas, evidence, oidc, PROVIDER, trustOf, waiting } from './approval-facts.ts';

const facts = {
  waiting: [
    waiting('ann', { identities: [oidc('Ann "A"'), cas('ann')] }),
    waiting('bob', { id: 2, identities: [] }),
    waiting('cid', { id: 3 }),
  ],
  people: [person('ann', { cns: ['Ann "A"'] }), person('cid')],
  evidence: evidence({ wmf: ['ann', 'cid'], nda: ['ann'] }),
};
const rules = {
  terms: { provider: PROVIDER, denied: [] },
  trust: trustOf([{ ldap: 'nda' }, { ldap: 'wmf' }], { gate: { ldap: 'wmf' } }),
};
function logged(level: 'debug' | 'info', trust = rules.trust) {
  const lines: Readonly<Record<string, unknown>>[] = [];
  const log = createLog({ write: (line) => void lines.push(JSON.parse(line)) }, level);
  logEvaluation(facts, { ...rules, trust }, log);
  return lines.map(({ event, account, label, rule, question, answer, because, message }) => [
    [event, account, label, rule],
    [question, answer, because],
    message,
  ]);
}
const line = (account: string, label: string, rule: number | null, ...said: readonly string[]) => [
  ['question', account, label, rule],
  said,
  'question answered',
];
const dnOf = (uid: string) => person(uid).dn;
const WHO_ANN = `who is openid_connect ${JSON.stringify('Ann "A"')} and cas3 "ann"?`;

test('each question is logged with its answer: who it is, then the gate, then each rule that was tried', () => {
  expect(logged('debug')).toEqual([
    line('1', 'ann', null, WHO_ANN, 'ann', dnOf('ann')),
    line('1', 'ann', 9, 'is ann in LDAP wmf?', 'yes', 'ann is in LDAP wmf'),
    line('1', 'ann', 1, 'is ann in LDAP nda?', 'yes', 'ann is in LDAP nda'),
    line(
      '2',
      'bob',
      null,
      'who is an account without an identity?',
      'nobody',
      'no identity: nothing says whose account this is',
    ),
    line('3', 'cid', null, 'who is openid_connect "cid"?', 'cid', dnOf('cid')),
    line('3', 'cid', 9, 'is cid in LDAP wmf?', 'yes', 'cid is in LDAP wmf'),
    line('3', 'cid', 1, 'is cid in LDAP nda?', 'no', 'cid is not in LDAP nda'),
    line('3', 'cid', 2, 'is cid in LDAP wmf?', 'yes', 'cid is in LDAP wmf'),
  ]);
});

test('without a gate there is no question about one', () => {
  const places = logged('debug', trustOf([{ ldap: 'wmf' }])).map(([place]) => place);
  expect(places).toEqual([
    ['question', '1', 'ann', null],
    ['question', '1', 'ann', 1],
    ['question', '2', 'bob', null],
    ['question', '3', 'cid', null],
    ['question', '3', 'cid', 1],
  ]);
});

test('nothing is logged above the level debug', () => {
  expect(logged('info')).toEqual([]);
});
