import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

/** CHANGELOG.md, and its part about what is not released, which `npm run changelog` writes from the commits. */
export const CHANGELOG = new URL('../CHANGELOG.md', import.meta.url);
export const UNRELEASED = /(<!-- unreleased -->\n)([\s\S]*?)(<!-- \/unreleased -->)/;

const HEADINGS: Readonly<Record<string, string>> = {
  feat: 'Added',
  fix: 'Fixed',
  perf: 'Faster',
};
const SUBJECT = /^(?<kind>[a-z]+)(?:\((?<scope>[^)]+)\))?(?<breaking>!)?: (?<text>.+)$/;

/** The named parts of a subject. */
type Commit = Readonly<Record<string, string | undefined>>;

/** The entries of commits by their subjects, newest first. What only developers notice is left out. */
export function changelogOf(subjects: readonly string[]): string {
  const commits = subjects.flatMap((subject): readonly Commit[] => {
    const groups = SUBJECT.exec(subject)?.groups;
    return groups ? [groups] : [];
  });
  const section = (heading: string, chosen: readonly Commit[]) =>
    chosen.length === 0 ? [] : [`### ${heading}\n\n${chosen.map(entry).join('')}`];
  return [
    ...section(
      'To act on',
      commits.filter(({ breaking }) => breaking),
    ),
    ...Object.entries(HEADINGS).flatMap(([kind, heading]) =>
      section(
        heading,
        commits.filter((commit) => commit['kind'] === kind && !commit['breaking']),
      ),
    ),
  ].join('\n');
}

const entry = ({ scope, text }: Commit) => `- ${scope === undefined ? '' : `**${scope}**: `}${text}\n`;

/** The subjects of all commits since the last release, newest first. */
function commitSubjects(): readonly string[] {
  const git = (...args: readonly string[]) =>
    execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  const releases = git('tag', '--list', 'v*', '--sort=-v:refname', '--merged').split('\n');
  const since = releases[0] ? [`${releases[0]}..HEAD`] : [];
  return git('log', '--no-merges', '--format=%s', ...since).split('\n');
}

if (import.meta.main) {
  const text = readFileSync(CHANGELOG, 'utf8');
  const entries = changelogOf(commitSubjects());
  writeFileSync(
    CHANGELOG,
    text.replace(UNRELEASED, (_, start, __, end) => `${start}\n${entries}\n${end}`),
  );
}
