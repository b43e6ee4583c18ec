import { changingJson } from '../sandbox/faults/bodies.ts';
import type { HttpFault } from '../sandbox/faults/fault.ts';

type Json = unknown;
type Path = readonly (string | number)[];

const WRONG: readonly Json[] = [null, 7, 'text', true, {}, ['x']];
const kindOf = (value: Json) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);

/** Every field of an answer, of lists the first item alone. */
function pathsIn(value: Json, path: Path = []): readonly Path[] {
  if (Array.isArray(value)) return [path, ...(value.length > 0 ? pathsIn(value[0], [...path, 0]) : [])];
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, inner]) => pathsIn(inner, [...path, key]))];
}

function at(value: Json, path: Path): Json {
  return path.reduce<Json>(
    (inner, key) => (inner as Record<string | number, Json> | null | undefined)?.[key],
    value,
  );
}

function replaced(value: Json, path: Path, by: (before: Json) => Json): Json {
  const [key, ...rest] = path;
  if (key === undefined) return by(value);
  if (Array.isArray(value)) return value.map((one, index) => (index === key ? replaced(one, rest, by) : one));
  if (typeof value !== 'object' || value === null) return value;
  const record = value as Readonly<Record<string, Json>>;
  return { ...record, [key]: replaced(record[`${key}`], rest, by) };
}

const nameOf = (path: Path) => path.join('.') || 'the whole';

/** A value of each other type in each field of an answer that was seen. */
export const typeFaults = (seen: Json): readonly HttpFault[] =>
  pathsIn(seen).flatMap((path) => {
    const kind = kindOf(at(seen, path));
    return WRONG.filter((wrong) => kindOf(wrong) !== kind).map((wrong) =>
      changingJson(`${nameOf(path)} becomes ${JSON.stringify(wrong)}`, (json) =>
        replaced(json, path, () => wrong),
      ),
    );
  });

const listsIn = (seen: Json): readonly Path[] =>
  pathsIn(seen).filter((path) => {
    const value = at(seen, path);
    return Array.isArray(value) && value.length > 0;
  });

/** Each list empty, a row short, without its first, or with a row twice; a total that is not the list’s. */
export function listFaults(seen: Json): readonly HttpFault[] {
  const total = pathsIn(seen).find((path) => path.at(-1) === 'total');
  const change = (name: string, path: Path, by: (before: Json) => Json) =>
    changingJson(`${nameOf(path)}: ${name}`, (json) => replaced(json, path, by));
  const items = (before: Json) => (Array.isArray(before) ? (before as readonly Json[]) : []);
  return [
    ...listsIn(seen).flatMap((list) => [
      change('without any row', list, () => []),
      change('a row short', list, (before) => items(before).slice(0, -1)),
      change('without its first row', list, (before) => items(before).slice(1)),
      change('a row twice', list, (before) => [...items(before), items(before)[0]]),
      change('a row of each twice', list, (before) => [...items(before), ...items(before)]),
    ]),
    ...(total
      ? [
          change('one more', total, (before) => Number(before) + 1),
          change('one less', total, (before) => Number(before) - 1),
          change('a million', total, () => 1_000_000),
        ]
      : []),
  ];
}
