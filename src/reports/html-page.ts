/** The parts of an HTML page: frame, sections, lists and tables. */

import { CONTENT_POLICY, SCRIPT, STYLE } from './html-assets.ts';

/** A text escaped for an HTML page: nothing in it is mark-up. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

/** A whole page around a body: self-contained, nothing is loaded. */
export const htmlPage = (title: string, body: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(CONTENT_POLICY)}">
<title>${escapeHtml(title)}</title><style>${STYLE}</style></head>
<body>${body}<script>${SCRIPT}</script></body></html>
`;

/** A part of the page under a heading; nothing where it is empty. */
export const section = (heading: string, content: string, kind = ''): string =>
  content === ''
    ? ''
    : `<section><h2${kind === '' ? '' : ` class="${kind}"`}>${heading}</h2>${content}</section>`;

/** One entry of a list. `more` is shown after a click. */
export interface ListEntry {
  readonly label: string;
  readonly fact: string;
  readonly text: string;
  readonly more?: readonly string[];
}

/** One entry of a list, which the search box finds by its text. */
export function listEntry({ label, fact, text, more = [] }: ListEntry): string {
  const head = `<b>${escapeHtml(label)}</b>${fact === '' ? '' : ` <span>${escapeHtml(fact)}</span>`}`;
  const reason = text === '' ? '' : `<small>${escapeHtml(text)}</small>`;
  if (more.length === 0) return `<div class="entry" data-search>${head}${reason}</div>`;
  const lines = more.map((line) => `<p>${escapeHtml(line)}</p>`).join('');
  return `<details class="entry" data-search><summary>${head}${reason}</summary>${lines}</details>`;
}

/** Entries that are hidden until the reader opens the list or searches for them. */
export const foldedList = (entries: readonly ListEntry[], summary: string): string =>
  entries.length === 0
    ? ''
    : `<details class="fold" data-fold><summary>${summary}</summary>${entries.map(listEntry).join('')}</details>`;

/** A table with a name for screen readers; on a phone each cell says which column it is of. */
export function htmlTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const titles = head.map((title) => `<th scope="col">${title}</th>`).join('');
  const lines = rows.map(
    (cells) =>
      `<tr>${cells.map((cell, column) => `<td data-title="${head[column] ?? ''}">${cell}</td>`).join('')}</tr>`,
  );
  return `<table><thead><tr>${titles}</tr></thead><tbody>${lines.join('')}</tbody></table>`;
}

/** The search box, which hides the entries without its text. */
export const searchBox =
  '<p class="search"><label for="search">Search people and reasons</label><input id="search" type="search" autocomplete="off" spellcheck="false"><span id="found" role="status" class="soft"></span></p>';
