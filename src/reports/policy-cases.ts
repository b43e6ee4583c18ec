/** The answer of `policy test`, for machines and for people. */

import { jsonText, printable } from '../platform/printable.ts';
import { escapeHtml, htmlPage } from './html-page.ts';
import type { Format } from './render.ts';

/** One case that was checked against a policy. */
export interface ReportedCase {
  readonly name: string;
  readonly ok: boolean;
  readonly expected: string;
  readonly found: string;
  readonly because: string;
  readonly answers: readonly {
    readonly rule: number;
    readonly answer: string;
    readonly because: string;
    readonly missing: readonly string[];
  }[];
}

/** All cases for machines. */
export interface CasesReport {
  readonly policy: string;
  readonly ok: boolean;
  readonly cases: readonly ReportedCase[];
}

/** One line for each case; of a wrong one every rule's answer. */
export function renderCases(given: CasesReport, format: Format): string {
  if (format === 'json') return jsonText(given);
  const { policy, cases } = printable(given);
  const wrong = cases.filter(({ ok }) => !ok).length;
  const sentence =
    wrong === 0
      ? `${cases.length === 1 ? 'The case is' : `All ${cases.length} cases are`} as expected`
      : `${wrong} of ${cases.length} ${wrong === 1 ? 'is' : 'are'} not as expected`;
  const text = `${[`policy test ${policy}`, ...cases.flatMap(caseLines), '', sentence].join('\n')}\n`;
  if (format === 'markdown') return `\`\`\`\`\n${text.replaceAll('`', "'")}\`\`\`\`\n`;
  if (format === 'html')
    return htmlPage('policy test', `<main><h1>Policy test</h1><pre>${escapeHtml(text)}</pre></main>`);
  return text;
}

function caseLines({ name, ok, expected, found, because, answers }: ReportedCase): readonly string[] {
  if (ok) return [`✓ ${name}: ${found}`];
  return [
    `✗ ${name}`,
    `    expected ${expected}, found ${found}: ${because}`,
    ...answers.map(({ rule, answer, because: why, missing }) => {
      const needs = missing.length === 0 ? '' : ` (missing: ${missing.join(', ')})`;
      return `    rule ${rule}: ${answer}, ${why}${needs}`;
    }),
  ];
}
