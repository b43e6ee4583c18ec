import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { SCHEMAS, type SchemaTexts, schemaFrom } from '../../../src/directories/ldap/schema.ts';
import { schemaVariables } from '../../../src/directories/ldap/schema-settings.ts';

const PAGE = new URL('../../../src/directories/ldap/README.md', import.meta.url);
const MARKED = /<!-- schemas -->\n(.*)<!-- \/schemas -->/s;

const presets: readonly (readonly [string, SchemaTexts])[] = Object.entries(SCHEMAS);
const names = Object.keys(SCHEMAS.wikimedia) as (keyof SchemaTexts)[];
const rows = presets.map(([preset, texts]) => [
  `\`${preset}\`:`,
  '',
  ...names.map((name) => `- \`${name}=${texts[name]}\``),
  '',
]);
const expected = `${['', ...rows.flat()].join('\n')}\n`;

test('the presets that the page shows are those of the code', () => {
  expect(MARKED.exec(readFileSync(PAGE, 'utf8'))?.[1]).toBe(expected);
});

test.each(presets)('the preset %s is a schema, and sets nothing that cannot be set', (preset, texts) => {
  expect(() => schemaFrom(texts)).not.toThrow();
  expect(schemaVariables.LDAP_SCHEMA.parse(preset)).toBe(preset);
  expect(Object.keys(texts).filter((name) => !(name in schemaVariables))).toEqual([]);
});
