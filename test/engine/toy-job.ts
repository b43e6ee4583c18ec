import { type Decision, isLoss, type Kind, noteAbout, type Subject } from '../../src/engine/model.ts';
import { objectionsFor } from '../../src/engine/safety.ts';
import type { Stages } from '../../src/engine/stage-types.ts';
import { compareText } from '../../src/platform/compare-text.ts';

/** An account with the role that it has, and the one that the rules give it. */
export interface ToyAccount {
  readonly id: string;
  readonly current: string;
  readonly desired: string;
}
export type ToyStages = Stages<readonly ToyAccount[], string, ToyAccount>;

export const TOY_TARGET = { api: 'https://toy.example.org' };
export const TOY_SOURCE = {
  name: 'toy',
  entries: 1,
  version: 'v1',
  asOf: '2026-06-01T00:00:00Z',
  durationMs: 5,
};
const rank = (role: string) => ['none', 'reader', 'admin'].indexOf(role);

/** An account by its words: `ann reader admin` has reader and will have admin. */
export const toyAccount = (text: string): ToyAccount => {
  const [id = '', current = '', desired = ''] = text.split(' ');
  return { id, current, desired };
};

function kindOf({ current, desired }: ToyAccount): Kind {
  if (current === desired) return 'unchanged';
  if (desired === 'none') return 'revoke';
  if (current === 'none') return 'grant';
  return rank(desired) > rank(current) ? 'upgrade' : 'downgrade';
}

/** The decision about an account. */
export const toyDecision = (row: ToyAccount): Decision<string, ToyAccount> => ({
  account: row.id,
  label: `${row.id}@example.org`,
  kind: kindOf(row),
  from: row.current,
  to: row.desired,
  rule: 1,
  because: `${row.id} gets ${row.desired}`,
  groups: [],
  tried: [],
  row,
});

const subjectOf = (decision: Decision<string, ToyAccount>): Subject<string, ToyAccount> => ({
  names: [decision.account, decision.label],
  decision,
  explain: () => ({
    person: null,
    account: { id: decision.account },
    statements: [{ source: 'toy', says: `${decision.account} is there` }],
    rules: [],
    current: decision.from,
    effective: decision.from,
    desired: decision.to,
    advice: [],
  }),
});

/** A job over a list of accounts whose access is one word. At most one loss is allowed. `calls` is what was asked of it. */
export function toyJob(texts: readonly string[], over: Partial<ToyStages> = {}) {
  const calls: string[] = [];
  const stages: ToyStages = {
    collect: async (recorder) => {
      calls.push('collect');
      recorder.source(TOY_SOURCE);
      recorder.note(noteAbout('collected', 'toy', 'was read'));
      return texts.map(toyAccount);
    },
    resolve: (accounts) => ({
      decisions: accounts.map(toyDecision),
      notes: [noteAbout('resolved', 'toy', 'was resolved')],
      drift: [{ id: 'd1', kind: 'extra', account: null, label: 'toy', because: 'nobody gave it' }],
    }),
    subjects: (_, { decisions }) => decisions.map(subjectOf),
    identity: {
      target: TOY_TARGET,
      compare: (a, b) => compareText(a.account, b.account),
      hashInput: ({ account, kind, from, to }) => ({ account, kind, from, to }),
    },
    checkSafety: ({ decisions }) => {
      const limit = {
        name: 'losses',
        found: decisions.filter(({ kind }) => isLoss(kind)).length,
        allowed: 1,
      };
      return { limits: [limit], objections: objectionsFor([{ ...limit, setting: 'TOY_LOSSES' }]) };
    },
    target: () => ({
      begin: async () => {
        calls.push('begin');
        return {
          probes: [],
          write: async ({ account }) => {
            calls.push(`write ${account}`);
            return { result: 'applied', sent: true };
          },
          verify: async (results) => {
            calls.push('verify');
            return { results, failures: [], notes: [noteAbout('verified', 'toy', 'was read back')] };
          },
        };
      },
    }),
    checks: () => [],
    gauges: ({ decisions }, facts) => ({ decisions: decisions.length, facts: facts.length }),
    ...over,
  };
  return { stages, calls };
}
