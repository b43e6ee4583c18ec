import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CONSTRUCTS } from './yaml-constructs.ts';

/** Who is in the group for Ruby's reader; a member that is no text is an object; null where Ruby refuses the file. */
export type Answers = Readonly<Record<string, readonly (string | { readonly other: string })[] | null>>;

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Puppet's reader is Debian's package `ruby`. */
export const hasRuby = () => spawnSync('ruby', ['--version']).status === 0;

/** What Ruby makes of these texts. */
export const askRuby = (texts: Readonly<Record<string, string>>): Answers =>
  JSON.parse(
    execFileSync('ruby', [path('ruby-answers.rb')], { input: JSON.stringify(texts), encoding: 'utf8' }),
  );

/** The answers that are kept with the tests; `node test/directories/posix-groups/ruby-answers.ts` writes them anew. */
export const keptAnswers = (): Answers => JSON.parse(readFileSync(path('ruby-answers.json'), 'utf8'));

if (import.meta.main)
  writeFileSync(path('ruby-answers.json'), `${JSON.stringify(askRuby(CONSTRUCTS), null, 2)}\n`);
