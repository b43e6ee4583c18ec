/** Reads the members of one POSIX group. */

import { SourceError } from '../../platform/errors.ts';
import { textIn } from './yaml-maps.ts';
import type { YamlList, YamlNode } from './yaml-types.ts';
import { targetOf } from './yaml-types.ts';

/** The form of user names in Linux. In all public versions of the file, only typing errors have another form. */
const POSIX_NAME = /^[a-z0-9_][a-z0-9_.-]*$/;
const MAX_NESTED = 50;

/** A name in a group, and its line. */
export interface ListedMember {
  readonly name: string;
  readonly line: number;
}

/** The names in a group's `members`, each once. Aliases nest lists. Throws `SourceError` for what is no POSIX name, with its line. */
export function membersOfGroup(members: YamlNode | undefined, group: string): readonly ListedMember[] {
  if (members === undefined) return [];
  const list = targetOf(members);
  if (list.kind !== 'list')
    throw new SourceError(`data.yaml: line ${list.line}: members of ${group} hold something that is no name`);
  const found = new Map<string, ListedMember>();
  collect(list, { group, found, done: new Set(), within: [] });
  return [...found.values()];
}

interface ListState {
  readonly group: string;
  readonly found: Map<string, ListedMember>;
  /** The lists that were read already: each is read once, however often aliases use it. */
  readonly done: Set<YamlList>;
  readonly within: readonly YamlList[];
}

function collect(list: YamlList, at: ListState): void {
  const where = `data.yaml: line ${list.line}: members of ${at.group}`;
  if (at.within.includes(list)) throw new SourceError(`${where} contain themselves`);
  if (at.within.length > MAX_NESTED)
    throw new SourceError(`${where}: lists in lists (allowed ${MAX_NESTED} deep)`);
  if (at.done.has(list)) return;
  const inside = { ...at, within: [...at.within, list] };
  for (const item of list.items) {
    const value = targetOf(item);
    if (value.kind === 'list') collect(value, inside);
    else {
      const name = nameIn(item, at.group);
      if (!at.found.has(name)) at.found.set(name, { name, line: value.line });
    }
  }
  at.done.add(list);
}

function nameIn(item: YamlNode, group: string): string {
  const value = targetOf(item);
  const where = `data.yaml: line ${value.line}: members of ${group}`;
  if (value.kind !== 'scalar')
    throw new SourceError(`${where} hold something that is no name (found a mapping)`);
  const name = textIn(value);
  if (name === undefined)
    throw new SourceError(
      `${where}: puppet does not read this as text (found ${value.text ?? 'nothing'}, allowed: text, or quotes)`,
    );
  if (POSIX_NAME.test(name)) return name;
  const hint = /\s/.test(name) ? ': is a comma missing?' : '';
  throw new SourceError(
    `${where}: no user name (found "${name.slice(0, 80)}", allowed ${POSIX_NAME.source})${hint}`,
  );
}
