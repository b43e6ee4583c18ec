import fc from 'fast-check';
import { authorization } from '../../src/audit/mediawiki/oauth.ts';
import { withEntries } from '../../src/audit/mediawiki/wikitext.ts';
import type { Decision } from '../../src/engine/model.ts';
import { makePlan, PLAN_HASH } from '../../src/engine/plan.ts';
import { createRedactor } from '../../src/platform/redact.ts';
import { startVerifier } from '../sandbox/gitlab/oauth.ts';
import { type FuzzTarget, target } from './fuzz-target.ts';
import { hostileText, repeated } from './inputs.ts';

const credentials = { consumerToken: 'ck', consumerSecret: 'cs&+', accessToken: 'at', accessSecret: 'as%' };
const verifierOf = () =>
  startVerifier(
    { consumerKey: 'ck', consumerSecret: 'cs&+', token: 'at', tokenSecret: 'as%' },
    () => 1_780_000_000_000,
  );

const wellFormed = hostileText.filter((text) => text.isWellFormed());
const fields = fc.array(fc.tuple(wellFormed, wellFormed), { maxLength: 4 });

const decision = fc.record({
  account: fc.string({ minLength: 1, maxLength: 3 }),
  kind: fc.constantFrom('revoke' as const, 'downgrade' as const, 'upgrade' as const, 'grant' as const),
  from: fc.string({ maxLength: 3 }),
  to: fc.string({ maxLength: 3 }),
});
type Row = typeof decision extends fc.Arbitrary<infer D> ? D : never;

const decisionOf = (row: Row): Decision<string> => ({
  ...row,
  label: row.account,
  rule: 1,
  because: 'x',
  groups: [],
  row: {},
});
const identity = {
  target: { api: 'x' },
  compare: (a: { account: string }, b: { account: string }) =>
    a.account < b.account ? -1 : a.account > b.account ? 1 : 0,
  hashInput: ({ account, kind, from, to }: Decision<string>) => ({ account, kind, from, to }),
};
const hashOf = (rows: readonly Row[]) => makePlan(rows.map(decisionOf), identity).hash;

const at = Date.UTC(2026, 5, 1, 12);
const entries = [
  { username: 'ann', trust: 'Toolforge', at, gitlab: 'https://g' },
  { username: 'bob', trust: 'Toolforge', at: at + 60_000, gitlab: 'https://g' },
];
const linesOf = (text: string) =>
  text.split('\n').filter((line) => line.includes('@ann]] was approved')).length;

/** The page with the lines; undefined where it is one that nobody may write, and says so. */
function writtenOn(text: string): string | undefined {
  try {
    return withEntries(text, entries);
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('audit log: ')) return undefined;
    throw error;
  }
}

/** All that makes something which others read. */
export const MAKERS: readonly FuzzTarget[] = [
  target(
    'OAuth signatures',
    fc.record({ query: fields, form: fields, nonce: fc.uuid() }),
    ({ query, form, nonce }) => {
      const url = `https://wiki.example.org/w/api.php?${new URLSearchParams(query.map(([name, value]) => [name, value]))}`;
      const header = authorization({ method: 'POST', url, form }, credentials, {
        nonce,
        seconds: 1_780_000_000,
      });
      const body = new URLSearchParams(form.map(([name, value]) => [name, value])).toString();
      const refused = verifierOf()({ method: 'POST', url, form: body, authorization: header });
      if (refused !== undefined) throw new Error(refused);
      return url.length + body.length;
    },
  ),
  target(
    'hashes of plans',
    fc.record({
      rows: fc.uniqueArray(decision, { maxLength: 6, selector: ({ account }) => account }),
      turn: fc.nat(5),
      other: decision,
    }),
    ({ rows, turn, other }) => {
      const hash = hashOf(rows);
      if (!PLAN_HASH.test(hash)) throw new Error(`no hash: ${hash}`);
      const turned = [...rows.slice(turn), ...rows.slice(0, turn)];
      if (hashOf(turned) !== hash) throw new Error('the order of facts counts');
      const isNew = rows.every(({ account }) => account !== other.account);
      if (isNew && hashOf([...rows, other]) === hash) throw new Error('another plan has the same hash');
      return JSON.stringify(rows).length;
    },
  ),
  target(
    'wikitext',
    hostileText,
    (text) => {
      const written = writtenOn(text);
      if (written === undefined) return text.length;
      if (linesOf(written) !== linesOf(text) + 1 && !text.includes('@ann]] was approved'))
        throw new Error('not one line more');
      if (writtenOn(written) !== written) throw new Error('a line is added twice');
      return text.length;
    },
    [
      ...['<pre ', '<!--', '{{', '=== 2026-06-01 ===\n', '<nowiki>', '<', '[[', '}}', '|', '\n'].map((part) =>
        repeated(part),
      ),
    ],
  ),
  target(
    'redaction',
    fc.record({ secret: fc.string({ minLength: 8, maxLength: 30 }), around: hostileText }),
    ({ secret, around }) => {
      const { text } = createRedactor([secret]);
      const found = text(`${around}${secret}${around}`);
      if (found.replaceAll('(secret)', '').includes(secret)) throw new Error('the secret is left');
      return around.length * 2 + secret.length;
    },
  ),
];
