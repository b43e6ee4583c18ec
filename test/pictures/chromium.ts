import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where Chromium is; undefined where this machine has none. */
export const chromium: string | undefined = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== undefined && existsSync(path));

export type Scheme = 'light' | 'dark';

/** How a page is opened: width and height in CSS pixels, and the colour scheme that its reader prefers. */
export interface View {
  readonly width: number;
  readonly height?: number;
  readonly scheme?: Scheme;
}

const FLAGS = [
  ...['--headless=new', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--disable-dev-shm-usage'],
  ...['--no-first-run', '--disable-extensions', '--host-resolver-rules=MAP * ~NOTFOUND'],
];
// Blink's preferred colour schemes, by number.
const SCHEMES: Readonly<Record<Scheme, number>> = { dark: 0, light: 1 };
const PATIENCE_MS = 120_000;

/** Opens a page of its own in Chromium, and returns what its process printed. */
function open(
  html: string,
  { width, height = 900, scheme = 'light' }: View,
  more: readonly string[],
): string {
  if (chromium === undefined) throw new Error('no Chromium on this machine (see CHROMIUM)');
  const folder = mkdtempSync(join(tmpdir(), 'muster-page-'));
  try {
    const file = join(folder, 'page.html');
    writeFileSync(file, html);
    const args = [
      ...FLAGS,
      `--user-data-dir=${join(folder, 'profile')}`,
      `--window-size=${width},${height}`,
      `--blink-settings=preferredColorScheme=${SCHEMES[scheme]}`,
      ...more,
      `file://${file}`,
    ];
    return execFileSync(chromium, args, {
      timeout: PATIENCE_MS,
      maxBuffer: 2 ** 27,
      stdio: ['ignore', 'pipe', 'ignore'],
    }).toString();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The document after its scripts have run, as HTML. Its clock is virtual: it waits for timers and promises, and for nothing else. */
export const domOf = (html: string, view: View): string =>
  open(html, view, ['--virtual-time-budget=20000', '--dump-dom']);

/** The document when it is loaded, by the real clock. */
export const domWhenLoaded = (html: string, view: View): string => open(html, view, ['--dump-dom']);

/** Writes a PNG of a page. */
export function screenshot(html: string, view: View, file: string): void {
  open(html, view, [`--screenshot=${file}`]);
}
