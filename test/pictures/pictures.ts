import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { renderReport } from '../../src/reports/render.ts';
import { screenshot } from './chromium.ts';
import { exampleRun } from './report.ts';
import { sizeOf, terminalPage } from './terminal.ts';

const folder = new URL('../../dist/pictures/', import.meta.url).pathname;
/** The pictures that the documentation shows, and what they are called there. */
const SHOWN: Readonly<Record<string, string>> = {
  'report-refused-1440-light.png': 'page.png',
  'report-refused-390-dark.png': 'page-on-a-phone.png',
  'terminal-applied-80.png': 'terminal-80.png',
  'terminal-applied-200.png': 'terminal-200.png',
};
const shownFolder = new URL('../../src/reports/pictures/', import.meta.url).pathname;
const WIDTHS = [390, 1440];
const HEIGHTS: Readonly<Record<number, number>> = { 390: 1700, 1440: 1300 };

for (const one of [folder, shownFolder]) mkdirSync(one, { recursive: true });

function done(name: string): void {
  const shown = SHOWN[name];
  if (shown !== undefined) copyFileSync(join(folder, name), join(shownFolder, shown));
  process.stdout.write(`${join(folder, name)}\n`);
}

for (const outcome of ['refused', 'applied'] as const) {
  const { report, unchanged } = await exampleRun(outcome);
  const page = renderReport(report, 'html', { colour: false, unchanged });
  for (const width of WIDTHS) {
    for (const scheme of ['light', 'dark'] as const) {
      const name = `report-${outcome}-${width}-${scheme}.png`;
      screenshot(page, { width, height: HEIGHTS[width] ?? 1500, scheme }, join(folder, name));
      done(name);
    }
  }
  for (const columns of [80, 200]) {
    const command = `muster growthbook-roles ${outcome === 'applied' ? 'apply' : 'plan'}`;
    const text = renderReport(report, 'text', { colour: true, width: columns });
    const name = `terminal-${outcome}-${columns}.png`;
    screenshot(terminalPage(command, text), sizeOf(text, columns), join(folder, name));
    done(name);
  }
}
