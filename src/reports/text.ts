import type { Limit, Note } from '../engine/model.ts';
import { printable } from '../platform/printable.ts';
import type { Report, ReportedChange } from './report.ts';

/** How to write: a move in words, and whether the terminal shows colours. */
export interface Style {
  readonly colour: boolean;
  describe(from: unknown, to: unknown): string;
}

const COLOURS = { red: 31, green: 32, yellow: 33, bold: 1, dim: 2 } as const;
type Colour = keyof typeof COLOURS;
type Paint = (colour: Colour, text: string) => string;

const KIND_COLOURS: Readonly<Record<string, Colour>> = {
  revoke: 'red',
  downgrade: 'yellow',
  upgrade: 'green',
  grant: 'green',
  approve: 'green',
};

/** The report as an SRE reads it in a terminal: what, from where, each change with its reason, head-room, objections. */
export function renderText(told: Report, { colour, describe }: Style): string {
  const report = printable(told);
  const paint: Paint = (name, text) => (colour ? `\u001b[${COLOURS[name]}m${text}\u001b[0m` : text);
  const parts = [
    headLine(report, paint),
    sourceLines(report),
    countLine(report),
    changeLines(report, { paint, describe }),
    noteLines(report.notes, paint),
    limitLines(report.limits, paint),
    objectionLines(report, paint),
    closing(report, paint),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

const headLine = ({ run, outcome }: Report, paint: Paint) =>
  `${paint('bold', run.job)}  ${paint('bold', outcome)}  (${run.mode}${run.dryRun ? ', dry run' : ''}, ${run.durationMs} ms, run ${run.id})`;

const section = (title: string, lines: readonly string[]) =>
  lines.length === 0 ? '' : [title, ...lines.map((line) => `  ${line}`)].join('\n');

function sourceLines({ sources }: Report): string {
  const width = widest(sources.map(({ name }) => name));
  const lines = sources.map(
    ({ name, entries, version, durationMs, asOf }) =>
      `${name.padEnd(width)}  ${entries} ${entries === 1 ? 'entry' : 'entries'}, ${durationMs} ms${version ? `, ${version}` : ''}${asOf ? `, as of ${asOf}` : ''}`,
  );
  return section('Sources', lines);
}

function countLine({ counts }: Report): string {
  const words = Object.entries(counts).map(([kind, count]) => `${count} ${kind}`);
  return words.length === 0 ? '' : `Counts   ${words.join(', ')}`;
}

const widest = (texts: readonly string[]) => Math.max(0, ...texts.map(({ length }) => length));

function changeLines(
  { changes }: Report,
  { paint, describe }: { paint: Paint; describe: Style['describe'] },
): string {
  const moves = changes.map(
    ({ project, from, to }) => `${project === undefined ? '' : `${project}: `}${describe(from, to)}`,
  );
  const widths = { label: widest(changes.map(({ label }) => label)), move: widest(moves) };
  const line = (change: ReportedChange, index: number) => {
    const kind = paint(KIND_COLOURS[change.kind] ?? 'bold', change.kind.padEnd(9));
    const move = (moves[index] ?? '').padEnd(widths.move);
    const rule = change.rule === null ? '' : `rule ${change.rule}: `;
    const error = change.error ? `: ${change.error}` : '';
    const result = change.result === 'planned' ? '' : ` [${change.result}${error}]`;
    const reason = paint('dim', `${rule}${change.because}`);
    return `${kind}  ${change.label.padEnd(widths.label)}  ${move}  ${reason}${result}`;
  };
  return section('Changes', changes.map(line));
}

function noteLines(notes: readonly Note[], paint: Paint): string {
  const width = widest(notes.map(({ kind }) => kind));
  const line = ({ kind, label, because, tried = [] }: Note) => {
    const asked = tried.map(({ rule, answer }) => `rule ${rule} ${answer}`).join(', ');
    const name = label === '' ? '' : `${label}: `;
    return `${paint('bold', kind.padEnd(width))}  ${name}${because}${asked === '' ? '' : ` (${asked})`}`;
  };
  return section('Notes', notes.map(line));
}

function limitLines(limits: readonly Limit[], paint: Paint): string {
  const lines = limits.map(({ name, found, allowed }) => {
    const fact = `${name}: ${found} of ${allowed}, head-room ${allowed - found}`;
    return found > allowed ? paint('red', fact) : fact;
  });
  return section('Limits', lines);
}

const objectionLines = ({ objections }: Report, paint: Paint) =>
  section(
    'Objections',
    objections.map(({ message, overridable }) =>
      paint('red', `${message}${overridable ? '' : ' (cannot be overridden)'}`),
    ),
  );

function closing({ error, planHash, exitCode, outcome, objections, approved }: Report, paint: Paint): string {
  const canApprove = outcome === 'refused' && objections.every(({ overridable }) => overridable);
  const lines = [
    ...(error === null ? [] : [paint('red', `Error    ${error}`)]),
    ...(approved === null ? [] : [`Approved ${approved.hash}, because: ${approved.reason}`]),
    ...(planHash === null ? [] : [`Plan     ${planHash}`]),
    ...(canApprove ? ['         to carry out this very plan: approve it by this hash, with a reason'] : []),
    `Exit     ${exitCode}`,
  ];
  return lines.join('\n');
}
