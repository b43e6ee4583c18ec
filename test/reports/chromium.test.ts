import { createHash } from 'node:crypto';
import axe from 'axe-core';
import { describe, expect, test } from 'vitest';
import { renderHtml } from '../../src/reports/html.ts';
import { CONTENT_POLICY } from '../../src/reports/html-assets.ts';
import { escapeHtml } from '../../src/reports/html-page.ts';
import type { UnchangedAccount } from '../../src/reports/report.ts';
import { chromium, domOf, domWhenLoaded, type Scheme } from '../pictures/chromium.ts';
import { changed, exampleReport, reportOf } from './examples.ts';

/** A page with another script, and without the policy that forbids it. */
const withScript = (html: string, script: string) =>
  html
    .replace(/<meta http-equiv[^>]*>/, '')
    .replace('</body>', () => `<script>${script.replaceAll('</', '<\\/')}</script></body>`);
const resultIn = (dom: string): unknown => {
  const [, text = ''] = /<script type="application\/json" id="result">(.*?)<\/script>/s.exec(dom) ?? [];
  return JSON.parse(text);
};
const REPORT_BACK = `const answer = (value) => {
  const place = document.createElement('script');
  place.type = 'application/json'; place.id = 'result';
  place.textContent = JSON.stringify(value).replaceAll('<', '\\\\u003c');
  document.body.append(place);
};`;

const many: readonly UnchangedAccount[] = Array.from({ length: 5000 }, (_, n) => ({
  account: `u_${n}`,
  label: `person${n}@example.org`,
  rule: 4,
  because: `person${n} is in LDAP growthbook-readonly`,
}));

// jsdom runs axe-core everywhere, in render.test.ts; only a browser lays a page out and has colours.
describe.runIf(chromium !== undefined)('the page in Chromium', () => {
  test.each(
    ['refused', 'applied'].flatMap((outcome) =>
      [390, 1440].flatMap((width) =>
        (['light', 'dark'] as const).map((scheme) => [outcome, width, scheme] as const),
      ),
    ) as readonly (readonly ['refused' | 'applied', number, Scheme])[],
  )('%s, %i pixels wide, %s: no accessibility violation, contrast included', (outcome, width, scheme) => {
    const script = `${axe.source};${REPORT_BACK}
      for (const one of document.querySelectorAll('details')) one.open = true;
      axe.run(document).then(({ violations, passes }) => answer({
        violations: violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]),
        passes: passes.map(({ id }) => id),
        dark: matchMedia('(prefers-color-scheme: dark)').matches,
      }));`;
    const html = renderHtml(reportOf(outcome), many.slice(0, 3));
    const found = resultIn(domOf(withScript(html, script), { width, scheme }));
    expect(found).toMatchObject({ violations: [], dark: scheme === 'dark' });
    expect(found).toMatchObject({ passes: expect.arrayContaining(['color-contrast']) });
  });

  test.each([390, 1440])('is not wider than the screen at %i pixels', (width) => {
    const long = 'x'.repeat(300);
    const html = renderHtml(
      exampleReport({ changes: [changed({ label: long, because: long })], error: long }),
    );
    const script = `${REPORT_BACK} answer(document.documentElement.scrollWidth - innerWidth)`;
    expect(resultIn(domOf(withScript(html, script), { width }))).toBeLessThanOrEqual(0);
  });

  test('is laid out in time that grows with its entries, not with their square', () => {
    const script = `${REPORT_BACK} const height = document.body.offsetHeight;
      answer({ height, ms: performance.now() });`;
    const laidOut = (entries: typeof many) => {
      const changes = entries.map(({ account, label, because }) => changed({ account, label, because }));
      const html = withScript(renderHtml(exampleReport({ changes }), entries), script);
      return resultIn(domWhenLoaded(html, { width: 1440 })) as { height: number; ms: number };
    };
    const [few, all] = [laidOut(many.slice(0, many.length / 10)), laidOut(many)];
    expect(all.height).toBeGreaterThan(100_000);
    // In one run of the same browser: ten times the entries take less than 30 times as long, where a square would take 100 times.
    expect(all.ms / few.ms).toBeLessThan(30);
  });

  describe('under its own policy', () => {
    const probe = `${REPORT_BACK} const box = document.querySelector('input');
      box.value = 'bo@example'; box.dispatchEvent(new Event('input'));
      answer({
        border: getComputedStyle(document.querySelector('.sentence')).borderLeftWidth,
        found: document.querySelector('#found').textContent,
      });`;
    const hash = `'sha256-${createHash('sha256').update(probe).digest('base64')}'`;
    const withProbe = (policy: string) =>
      renderHtml(exampleReport())
        .replace(escapeHtml(CONTENT_POLICY), escapeHtml(policy))
        .replace('</body>', () => `<script>${probe}</script></body>`);

    test('has its style, and its search box works', () => {
      const policy = CONTENT_POLICY.replace('script-src', () => `script-src ${hash}`);
      expect(resultIn(domOf(withProbe(policy), { width: 1440 }))).toEqual({
        border: '4px',
        found: '1 found',
      });
    });

    test('runs no other script', () => {
      expect(domOf(withProbe(CONTENT_POLICY), { width: 1440 })).not.toContain('id="result"');
    });
  });
});
