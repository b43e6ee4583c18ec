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

/** Every way to spoil one place of a value, and to add an unknown key to each object or to leave a key out. */
export function mutantsOf(value: unknown, path = ''): readonly Mutant[] {
  const own = [
    ...WRONG.map(([how, wrong]) => ({ path, how, value: wrong })),
    ...(typeof value === 'string'
      ? LOOKALIKES.map(([how, spoil]) => ({ path, how, value: spoil(value) }))
      : []),
  ].filter((mutant) => JSON.stringify(mutant.value) !== JSON.stringify(value));
  if (typeof value !== 'object' || value === null) return own;
  const entries = Object.entries(value);
  const rebuilt = (changed: readonly (readonly [string, unknown])[]) =>
    Array.isArray(value) ? changed.map(([, one]) => one) : Object.fromEntries(changed);
  const below = entries.flatMap(([key, one]) =>
    mutantsOf(one, path === '' ? key : `${path}.${key}`).map((mutant) => ({
      ...mutant,
      value: rebuilt(entries.map(([name, other]) => [name, name === key ? mutant.value : other])),
    })),
  );
  if (Array.isArray(value)) return [...own, ...below];
  const more = ['unknown', 'constructor', 'ｄryRun'].map((key) => ({
    path,
    how: `the unknown key ${key}`,
    value: { ...value, [key]: 1 },
  }));
  const less = entries.map(([key]) => ({
    path,
    how: `without ${key}`,
    value: Object.fromEntries(entries.filter(([name]) => name !== key)),
  }));
  return [...own, ...below, ...more, ...less];
}
