import { posixGroups } from '../../../src/directories/posix-groups/data-yaml.ts';
import { SourceError } from '../../../src/platform/errors.ts';
import type { Answers } from './ruby-answers.ts';

const query = { minUsers: 0, groups: ['deployment'], mayBeEmpty: ['deployment'] };
/** Who is in the group; null where the file is refused. */
export function ours(text: string): readonly string[] | null {
  try {
    return [...(posixGroups(text, query).membersOf.get('deployment') ?? [])].toSorted();
  } catch (error) {
    if (error instanceof SourceError) return null;
    throw error;
  }
}

/** Read as Ruby reads it, or refused. */
export function compare(texts: Readonly<Record<string, string>>, answers: Answers) {
  const found = Object.entries(texts).map(([title, text]) => ({
    title,
    ours: ours(text),
    ruby: answers[title],
  }));
  const different = found.filter(
    (one) => one.ours !== null && JSON.stringify(one.ours) !== JSON.stringify(one.ruby),
  );
  return { different, read: found.filter((one) => one.ours !== null).map(({ title }) => title) };
}
