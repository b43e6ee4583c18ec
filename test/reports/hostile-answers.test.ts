import { JSDOM } from 'jsdom';
import { describe, expect, test } from 'vitest';
import { type CheckReport, renderChecks } from '../../src/reports/checks.ts';
import { type ExplanationReport, renderExplanation } from '../../src/reports/explanation.ts';
import type { Format } from '../../src/reports/render.ts';
import { exampleReport, HOSTILE } from './examples.ts';

const { run } = exampleReport();

/** An explanation in which everything that others write is this text. */
const explanationOf = (text: string): ExplanationReport => ({
  run: { ...run, id: text },
  who: text,
  nearest: [],
  matches: [
    {
      person: { uid: text },
      account: { id: text, username: text },
      sources: [{ source: text, says: text, version: text, asOf: null }],
      rules: [{ rule: 1, answer: 'no', description: text, because: text, missing: [text, text] }],
      current: { role: text },
      effective: text,
      desired: [text],
      advice: [text],
      decision: {
        account: text,
        label: text,
        kind: 'grant',
        from: text,
        to: text,
        rule: 1,
        because: text,
        hindrance: `${text} too`,
        groups: [text],
      },
    },
  ],
});
const nobodyNear = (text: string): ExplanationReport => ({
  ...explanationOf(text),
  matches: [],
  nearest: [text],
});
const checksOf = (text: string): CheckReport => ({
  run,
  ok: false,
  checks: [{ name: text, ok: false, found: text, cure: text }],
});

const style = { describe: (from: unknown, to: unknown) => `${from} → ${to}` };
const ANSWERS: Readonly<Record<string, (text: string, format: Format) => string>> = {
  'an explanation': (text, format) => renderExplanation(explanationOf(text), format, style),
  'an explanation of nobody': (text, format) => renderExplanation(nobodyNear(text), format, style),
  checks: (text, format) => renderChecks(checksOf(text), format),
};

/** The elements and attributes of a page, which no text of others may change. */
const skeletonOf = (html: string): readonly string[] =>
  [...new JSDOM(html).window.document.querySelectorAll('*')].map(
    (element) => `${element.tagName} ${element.getAttributeNames().join(' ')}`,
  );

/** Everything of a Markdown text but what is code. */
const outsideCode = (markdown: string): readonly string[] =>
  markdown.split('\n').map((line) => line.replace(/`[^`]*`/g, 'CODE'));

describe.each(Object.entries(ANSWERS))('in %s what others wrote', (_, render) => {
  test.each(HOSTILE)('adds no element and no attribute to the page: %j', (text) => {
    expect(skeletonOf(render(text, 'html'))).toEqual(skeletonOf(render('harmless', 'html')));
  });

  test.each(HOSTILE)('is code in Markdown, and adds no row and no cell: %j', (text) => {
    expect(outsideCode(render(text, 'markdown'))).toEqual(outsideCode(render('harmless', 'markdown')));
  });
});
