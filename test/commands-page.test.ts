import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { lasting, PAGE, pageOf, partsOf, typeAll } from './commands-page.ts';

const page = readFileSync(PAGE, 'utf8');
const parts = partsOf(page);
const typed = parts.flatMap((part) => ('command' in part ? [part] : []));

test('the page is its parts', () => expect(pageOf(parts)).toBe(page));

test('each command of the page prints what is below it (node test/commands-page.ts writes it anew)', async () => {
  expect(typed.length).toBeGreaterThan(20);
  const answers = await typeAll(typed.map(({ command }) => command));
  for (const [index, { command, answer }] of typed.entries())
    expect(lasting(answers[index] ?? ''), command).toBe(lasting(answer));
}, 120_000);

test('each command of a job has a question', () => {
  for (const name of [
    'plan',
    'apply',
    'explain',
    'what-if',
    'record',
    'compare',
    'check',
    'settings',
    'history',
    'show',
    'undo',
  ])
    expect(
      typed.some(({ command }) => command.includes(`growthbook-roles ${name}`)),
      name,
    ).toBe(true);
});
