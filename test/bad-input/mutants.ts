/** A JSON value with one place spoilt: where, how, and the whole. */
export interface Mutant {
  readonly path: string;
  readonly how: string;
  readonly value: unknown;
}

/** What is put in the place of each value. */
const WRONG: readonly (readonly [string, unknown])[] = [
  ['null', null],
  ['true', true],
  ['a number', -7],
  ['a fraction', 1.5],
  ['a huge number', 1e300],
  ['text', 'x'],
  ['empty text', ''],
  ['huge text', 'x'.repeat(20_000)],
  ['an empty list', []],
  ['an empty object', {}],
  ['a list in a list', [[null]]],
  ['an object', { x: { y: 1 } }],
];

/** How a text is spoilt: it looks the same, or nearly. */
const LOOKALIKES: readonly (readonly [string, (text: string) => string])[] = [
  [
    'a Cyrillic letter',
    (text) => text.replace(/[aeo]/, (letter) => ({ a: 'а', e: 'е', o: 'о' })[letter] ?? ''),
  ],
  ['a zero width space', (text) => `${text.slice(0, 1)}\u200b${text.slice(1)}`],
  ['a direction mark', (text) => `\u202e${text}`],
  ['NUL', (text) => `${text}\u0000`],
  ['an escape sequence', (text) => `${text}\u001b[31m`],
  ['other capitals', (text) => text.toUpperCase()],
  [
    'full width',
    (text) => text.replace(/[!-~]/g, (char) => String.fromCodePoint(char.charCodeAt(0) + 0xfee0)),
  ],
];

/** One place of a JSON value: what is there, and the whole with something else there. */
interface Place {
  readonly path: string;
  readonly value: unknown;
  put(next: unknown): unknown;
}

/** Every place of a value, itself first. */
function placesOf(value: unknown, path = '', put: Place['put'] = (next) => next): readonly Place[] {
  const own = { path, value, put };
  if (typeof value !== 'object' || value === null) return [own];
  const replaced = (key: string, next: unknown) =>
    Array.isArray(value)
      ? value.map((one, index) => (`${index}` === key ? next : one))
      : Object.fromEntries(Object.entries(value).map(([name, one]) => [name, name === key ? next : one]));
  return [
    own,
    ...Object.entries(value).flatMap(([key, one]) =>
      placesOf(one, path === '' ? key : `${path}.${key}`, (next) => put(replaced(key, next))),
    ),
  ];
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every way to spoil one place of a value, and to add an unknown key to each object or to leave a key out. */
export function mutantsOf(value: unknown): readonly Mutant[] {
  return placesOf(value).flatMap(({ path, value: own, put }) => {
    const wrong = [
      ...WRONG,
      ...(typeof own === 'string' ? LOOKALIKES.map(([how, spoil]) => [how, spoil(own)] as const) : []),
    ].filter(([, other]) => JSON.stringify(other) !== JSON.stringify(own));
    const keys = isObject(own)
      ? [
          ...['unknown', 'constructor', 'ｄryRun'].map(
            (key) => [`the unknown key ${key}`, { ...own, [key]: 1 }] as const,
          ),
          ...Object.keys(own).map(
            (key) =>
              [
                `without ${key}`,
                Object.fromEntries(Object.entries(own).filter(([name]) => name !== key)),
              ] as const,
          ),
        ]
      : [];
    return [...wrong, ...keys].map(([how, other]) => ({ path, how, value: put(other) }));
  });
}

/** A JSON text with one place spoilt. */
export interface TextMutant {
  readonly path: string;
  readonly how: string;
  readonly text: string;
}

/** What only a text can have in the place of a value. */
const RAW: readonly (readonly [string, string])[] = [
  ['a whole number that is not exact', '9007199254740993'],
  ['a number that is too large', '1e400'],
  ['5,000 levels', `${'['.repeat(5000)}${']'.repeat(5000)}`],
  ['no value', ''],
  ['a comment', '/* x */ 1'],
];
const MARK = '@mark@';

/** Every mutant of a value as text, and those that only a text can be: repeated keys, `__proto__`, numbers that are not exact, and depth. */
export function textMutantsOf(value: unknown): readonly TextMutant[] {
  const marked = (whole: unknown, raw: string) =>
    (JSON.stringify(whole) ?? '').replace(JSON.stringify(MARK), () => raw);
  const raw = placesOf(value).flatMap(({ path, value: own, put }) => [
    ...RAW.map(([how, text]) => ({ path, how, text: marked(put(MARK), text) })),
    ...(isObject(own)
      ? ['__proto__', ...Object.keys(own).slice(0, 1)].map((key) => ({
          path,
          how: key === '__proto__' ? 'the key __proto__' : `${key} twice`,
          text: marked(put({ ...own, [MARK]: own[key] ?? {} }), JSON.stringify(key)),
        }))
      : []),
  ]);
  const plain = mutantsOf(value).map(({ path, how, value: one }) => ({
    path,
    how,
    text: JSON.stringify(one),
  }));
  return [...plain, ...raw];
}

/** The same value with the keys of each object in the opposite order. */
export function reordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reordered);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, one]) => [key, reordered(one)]),
  );
}
