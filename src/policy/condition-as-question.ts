import { type Condition, LEAVES, leavesOf } from './conditions.ts';
import { SOURCE_NAMES } from './source-labels.ts';

/** Words a condition as a question about a person, for logs. */
export const questionAbout = (uid: string, condition: Condition): string => `is ${uid} ${phrase(condition)}?`;

function phrase(condition: Condition): string {
  if (condition.not) return `not ${inner(condition.not)}`;
  if (condition.any) return alternatives(condition.any);
  if (condition.all) return condition.all.map(inner).join(' and ');
  const [{ leaf, name } = { leaf: 'user', name: '' } as const] = leavesOf(condition);
  return leaf === 'user' ? `the user ${name}` : `in ${SOURCE_NAMES[leaf]} ${name}`;
}

/** The groups of one source become one phrase. */
function alternatives(conditions: readonly Condition[]): string {
  const source = LEAVES.find((leaf) => conditions.every((one) => one[leaf] !== undefined));
  if (source === undefined) return conditions.map(inner).join(' or ');
  const names = conditions.map((one) => one[source]).join(' or ');
  return source === 'user' ? `the user ${names}` : `in ${SOURCE_NAMES[source]} ${names}`;
}

const inner = (condition: Condition) =>
  ((condition.any ?? condition.all)?.length ?? 0) > 1 ? `(${phrase(condition)})` : phrase(condition);
