import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import fc from 'fast-check';
import { JSDOM } from 'jsdom';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { renderHtml } from '../../src/reports/html.ts';
import { CONTENT_POLICY } from '../../src/reports/html-assets.ts';
import { renderMarkdown } from '../../src/reports/markdown.ts';
import { FORMATS, renderReport } from '../../src/reports/render.ts';
import { anyCharacter } from '../any-character.ts';
import { ALL_OUTCOMES, changed, exampleReport, HOSTILE, reportOf } from './examples.ts';

const EXTENSIONS = { text: 'txt', json: 'json', markdown: 'md', html: 'html' } as const;

describe.each(FORMATS)('as %s', (format) => {
  test.each(ALL_OUTCOMES)('a run that ended as %s', async (outcome) => {
    const rendered = renderReport(reportOf(outcome), format, { colour: false, width: 80 });
    await expect(rendered).toMatchFileSnapshot(`golden/${outcome}.${EXTENSIONS[format]}`);
  });
});

const hostileReport = (text: string) =>
  exampleReport({
    error: text,
    target: { api: text },
    changes: [
      changed({
        label: text,
        because: text,
        move: text,
        account: text,
        groups: [text],
        error: text,
        result: 'failed',
      }),
    ],
    notes: [{ kind: text, account: null, label: text, because: text }],
    needsPerson: [{ reason: 'protected', account: text, label: text, because: text, due: text }],
    drift: [{ id: text, kind: text, account: null, label: text, because: text }],
    objections: [{ name: text, found: text, allowed: text, message: text, overridable: true }],
    sources: [{ name: text, entries: 1, version: text, asOf: null, durationMs: 1 }],
    summary: { ...exampleReport().summary, sentence: text },
  });

/** The elements and attributes of a page, which no text of others may change. */
function skeleton(html: string): readonly string[] {
  const { document } = new JSDOM(html).window;
  return [...document.querySelectorAll('*')].map(
    (element) => `${element.tagName} ${element.getAttributeNames().join(' ')}`,
  );
}

describe('what others wrote', () => {
  const harmless = skeleton(renderHtml(hostileReport('harmless')));

  test.each(HOSTILE)('adds no element and no attribute to the page: %j', (text) => {
    expect(skeleton(renderHtml(hostileReport(text)))).toEqual(harmless);
  });

  test('adds nothing to the page, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter, minLength: 1, maxLength: 40 }), (text) => {
        expect(skeleton(renderHtml(hostileReport(text)))).toEqual(harmless);
      }),
      { numRuns: 100 },
    );
  });

  /** Everything of a Markdown text but what is code. */
  const outsideCode = (markdown: string) =>
    markdown
      .replace(/^(`{3,})\n[\s\S]*?\n\1$/gm, 'FENCED')
      .split('\n')
      .map((line) => line.replace(/`[^`]*`/g, 'CODE'));
  const harmlessText = outsideCode(renderMarkdown(hostileReport('harmless')));

  test.each(HOSTILE)('is code in Markdown, and adds no row and no cell: %j', (text) => {
    const { summary } = exampleReport();
    expect(outsideCode(renderMarkdown({ ...hostileReport(text), summary }))).toEqual(
      outsideCode(renderMarkdown({ ...hostileReport('harmless'), summary })),
    );
  });

  test('is code in Markdown, whatever it is', () => {
    const { summary } = exampleReport();
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter, minLength: 1, maxLength: 40 }), (text) => {
        const lines = outsideCode(renderMarkdown({ ...hostileReport(text), summary }));
        expect(lines).toHaveLength(harmlessText.length);
        expect(lines.join('\n')).not.toContain('`');
      }),
      { numRuns: 200 },
    );
  });

  test.each(FORMATS)('sends no control character to a reader as %s', (format) => {
    for (const text of HOSTILE) {
      const rendered = renderReport(hostileReport(text), format, { colour: false });
      expect(rendered.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }
  });
});

describe('the page', () => {
  test('loads nothing, and its policy allows its own style and script alone', () => {
    const html = renderHtml(exampleReport());
    expect(html).not.toMatch(/(?:src|href)=/);
    expect(html).not.toMatch(/url\(|@import/);
    expect(CONTENT_POLICY).not.toContain('unsafe');
    expect(CONTENT_POLICY).toMatch(/^default-src 'none'; style-src 'sha256-/);
  });

  /** What axe-core finds, but for contrast: jsdom lays nothing out. */
  const violationsIn = async (html: string) => {
    const { window } = new JSDOM(html, { runScripts: 'outside-only' });
    window.eval(axe.source);
    const runAxe = window.eval('(options) => axe.run(document, options)') as typeof axe.run;
    const options = { rules: { 'color-contrast': { enabled: false } } };
    const { violations } = (await runAxe(options as never)) as unknown as axe.AxeResults;
    return violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
  };

  test.each(ALL_OUTCOMES)('of a run that ended as %s has no accessibility violation', async (outcome) => {
    expect(await violationsIn(renderHtml(reportOf(outcome)))).toEqual([]);
  });

  const answers = join(import.meta.dirname, 'golden/answers');
  const pages = readdirSync(answers).filter((name) => name.endsWith('.html'));
  test.each(pages)('of the answer %s has no accessibility violation', async (name) => {
    expect(await violationsIn(readFileSync(join(answers, name), 'utf8'))).toEqual([]);
  });

  test('has exactly the style and the script that its policy allows', () => {
    const { document } = new JSDOM(renderHtml(exampleReport())).window;
    const hashes = [...document.querySelectorAll('style, script')].map(
      ({ textContent }) => `'sha256-${createHash('sha256').update(textContent).digest('base64')}'`,
    );
    expect(hashes).toHaveLength(2);
    for (const hash of hashes) expect(CONTENT_POLICY).toContain(hash);
    const meta = document.querySelector('meta[http-equiv="Content-Security-Policy"]');
    expect(meta?.getAttribute('content')).toBe(CONTENT_POLICY);
    expect(document.querySelectorAll('[style], [onclick]')).toHaveLength(0);
  });

  test('has the objections before everything else, with the commands that approve the plan', () => {
    const { document } = new JSDOM(renderHtml(reportOf('refused'))).window;
    const [, first, ...others] = document.querySelector('main')?.children ?? [];
    expect(first?.className).toBe('objection');
    const commands = others.filter(({ tagName }) => tagName === 'PRE').map(({ textContent }) => textContent);
    expect(commands).toEqual([
      expect.stringContaining('muster growthbook-roles apply --approve'),
      expect.stringContaining('curl -X POST'),
    ]);
  });

  test('lists everyone else, folded away', () => {
    const unchanged = [
      { account: 'u_bo', label: 'bo@example.org', rule: 4, because: 'bo is in LDAP growthbook-readonly' },
    ];
    const { document } = new JSDOM(renderHtml(exampleReport(), unchanged)).window;
    const entry = [...document.querySelectorAll('details[data-fold]:not([open]) [data-search]')].at(-1);
    expect(entry?.textContent).toContain('rule 4: bo is in LDAP growthbook-readonly');
  });

  test('of 5,000 changes is smaller than 2 MB', () => {
    const changes = Array.from({ length: 5000 }, (_, n) =>
      changed({
        account: `u_${n}`,
        label: `person${n}@example.org`,
        because: `person${n} is in none of the policy’s groups`,
      }),
    );
    expect(Buffer.byteLength(renderHtml(exampleReport({ changes })))).toBeLessThan(2_000_000);
  });

  test('its search box shows the entries that have the text', () => {
    const { window } = new JSDOM(renderHtml(exampleReport()), { runScripts: 'dangerously' });
    const box = window.document.querySelector('input');
    if (!box) throw new Error('no search box');
    box.value = 'BO@example';
    box.dispatchEvent(new window.Event('input'));
    const shown = [...window.document.querySelectorAll('[data-search]')].filter(
      (one) => !one.hasAttribute('hidden'),
    );
    expect(shown.map((one) => one.querySelector('b')?.textContent)).toEqual(['bo@example.org']);
  });
});

describe('the text', () => {
  const long = changed({
    label: 'somebody.with.a.very.long.address@an.organisation.example.org',
    because:
      'somebody is in LDAP growthbook-readonly and in POSIX analytics-privatedata-users and deployment',
  });
  const wide = changed({ label: '山田太郎@example.org' });
  const text = (width: number) =>
    renderReport(exampleReport({ changes: [long, wide, changed()] }), 'text', { colour: false, width });

  test.each([80, 100, 200])(
    'at %i columns has no line that is longer, but for commands and hashes',
    (width) => {
      for (const line of text(width).split('\n')) {
        if (!line.includes('sha256:')) expect(stringWidth(line), line).toBeLessThanOrEqual(width);
      }
    },
  );

  test('at 80 columns breaks no word', () => {
    for (const word of [...long.because.split(' '), ...long.label.split(' ')])
      expect(text(80)).toContain(word);
  });

  test('at 200 columns is a table in which wide characters count as two', () => {
    const columns = text(200)
      .split('\n')
      .filter((line) => line.includes('admin → noaccess') && !line.includes('somebody'))
      .map((line) => stringWidth(line.slice(0, line.indexOf('admin → noaccess'))));
    expect(columns).toHaveLength(2);
    expect(new Set(columns).size).toBe(1);
  });

  test('at 200 columns keeps the reasons of all in one column, and a long address on a line of its own', () => {
    const lines = text(200).split('\n');
    const at = (words: string) => {
      const line = lines.find((one) => one.includes(words)) ?? '';
      return stringWidth(line.slice(0, line.indexOf(words)));
    };
    expect(at('rule 1: somebody is in')).toBe(at('rule 1: ann is disabled'));
    expect(lines).toContain(`  ${long.label}`);
  });

  test('groups identical reasons beyond twenty changes of a kind', () => {
    const changes = Array.from({ length: 302 }, (_, n) =>
      changed({ account: `u_p${n}`, label: `p${n}@example.org`, rule: 5, because: `p${n} matches no rule` }),
    );
    const lines = renderReport(exampleReport({ changes }), 'text', { colour: false, width: 100 });
    expect(lines).toContain('302 ×');
    expect(lines).toContain('rule 5: matches no rule');
    expect(lines).not.toContain('p17@example.org');
  });

  test('ends with the sentence that says what happened', () => {
    const { sentence } = exampleReport().summary;
    expect(text(200).trim().split('\n').at(-1)).toBe(sentence);
    expect(text(80).replaceAll('\n', ' ').trim().endsWith(sentence)).toBe(true);
  });
});
