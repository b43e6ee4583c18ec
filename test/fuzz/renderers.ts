import fc from 'fast-check';
import { JSDOM } from 'jsdom';
import { FORMATS, renderReport } from '../../src/reports/render.ts';
import { changed, exampleReport } from '../reports/examples.ts';
import { type FuzzTarget, target } from './fuzz-target.ts';
import { hostileText } from './inputs.ts';

/** Characters that control a terminal, or change the direction of text; tabs and line ends are layout. */
const isObeyed = (character: string): boolean =>
  (/\p{Cc}/u.test(character) && !['\n', '\t'].includes(character)) ||
  /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/.test(character);

const obeyedIn = (text: string): string | undefined => [...text].find(isObeyed);

const reportOf = (texts: readonly string[]) => {
  const [a = '', b = '', c = '', d = ''] = texts;
  const base = exampleReport();
  return exampleReport({
    error: a,
    objections: [{ name: 'x', found: 1, allowed: 0, message: b, overridable: true }],
    changes: [changed({ label: a, account: b, because: c, move: d }), changed({ error: d, groups: [c] })],
    notes: [{ kind: 'skipped', account: a, label: b, because: c }],
    needsPerson: base.needsPerson.map((one) => ({ ...one, label: a, because: b })),
    drift: base.drift.map((one) => ({ ...one, label: c, because: d })),
    target: { api: a },
  });
};

const { window } = new JSDOM('');

function checkHtml(page: string): void {
  const document = new window.DOMParser().parseFromString(page, 'text/html');
  const scripts = document.querySelectorAll('script').length;
  const risky = document.querySelectorAll(
    'iframe,object,embed,link,img,base,form,[onclick],[onerror],[onload]',
  ).length;
  if (scripts !== 1 || risky > 0)
    throw new Error(`${scripts} scripts, ${risky} elements that nobody put there`);
}

/** All representations of a report. */
export const RENDERERS: readonly FuzzTarget[] = [
  target(
    'reports as text, JSON and Markdown',
    fc.array(hostileText, { minLength: 4, maxLength: 4 }),
    (texts) => {
      for (const format of FORMATS) {
        if (format === 'html') continue;
        const shown = renderReport(reportOf(texts), format, { colour: false, width: 80 });
        const obeyed = obeyedIn(shown);
        if (obeyed !== undefined) throw new Error(`${format} has U+${obeyed.charCodeAt(0).toString(16)}`);
        if (format === 'markdown' && /<script|<img|<iframe/i.test(shown.replace(/`+[^`]*`+/g, '')))
          throw new Error('Markdown has mark-up');
      }
      return texts.join('').length;
    },
  ),
  target('reports as HTML', fc.array(hostileText, { minLength: 4, maxLength: 4 }), (texts) => {
    const page = renderReport(reportOf(texts), 'html', { colour: false });
    const body = page.slice(page.indexOf('<main>'), page.lastIndexOf('</main>'));
    if (obeyedIn(body) !== undefined) throw new Error('a control character');
    if (/<(?:script|iframe|img|object|embed|link|base|form)\b/i.test(body))
      throw new Error('mark-up that nobody put there');
    return texts.join('').length;
  }),
  target(
    'reports as HTML in a browser’s parser',
    fc.array(hostileText, { minLength: 4, maxLength: 4 }),
    (texts) => {
      checkHtml(renderReport(reportOf(texts), 'html', { colour: false }));
      return texts.join('').length;
    },
  ),
];
