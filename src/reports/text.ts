import { styleText } from 'node:util';
import type { Note } from '../engine/model.ts';
import { printable } from '../platform/printable.ts';
import { type Entry, entryLines, padTo, wrapped } from './layout.ts';
import type { Report, ReportedChange } from './report.ts';
import {
  approveCommands,
  type ChangeLine,
  changeGroups,
  errorBeside,
  linesOf,
  needText,
  otherNotes,
  pendingNotes,
  reasonOf,
  resultOf,
  sourceFacts,
  stampOf,
  targetOf,
} from './report-sections.ts';

/** The report as an SRE reads it in a terminal: its last line says what happened. */
export function renderText(given: Report, { colour, width = DEFAULT_WIDTH }: TextStyle): string {
  const report = printable(given);
  const paint: Paint = (name, text) => (colour ? styleText(name, text, { validateStream: false }) : text);
  const context = { paint, width };
  const parts = [
    headLines(report, context),
    sourceLines(report, context),
    ...changeLines(report, context),
    needsPersonLines(report, context),
    noteSection('Not signed in yet', pendingNotes(report), context),
    noteSection('Notes', otherNotes(report), context),
    driftLines(report, context),
    limitLines(report, context),
    objectionLines(report, context),
    planLines(report, context),
    [paint('bold', wrapped(report.summary.sentence, width, 0).join('\n'))],
  ];
  const texts = parts.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'));
  return `${texts.join('\n\n')}\n`;
}

/** The style of a text report: whether the terminal shows colours, and its width in cells. */
export interface TextStyle {
  readonly colour: boolean;
  readonly width?: number;
}

type Colour = 'red' | 'green' | 'yellow' | 'bold' | 'dim';
type Paint = (colour: Colour, text: string) => string;

const KIND_COLOURS: Readonly<Record<string, Colour>> = {
  revoke: 'red',
  downgrade: 'yellow',
  upgrade: 'green',
  grant: 'green',
  approve: 'green',
};
const DEFAULT_WIDTH = 100;

interface Context {
  readonly paint: Paint;
  readonly width: number;
}

function headLines(report: Report, { paint }: Context): readonly string[] {
  const { run, outcome } = report;
  const target = targetOf(report);
  return [
    `${paint('bold', `${run.job}  ${outcome}`)}  ${stampOf(report)}`,
    `${run.mode}${run.dryRun ? ', dry run' : ''}, ${run.durationMs} ms, run ${run.id}`,
    ...(run.only === null ? [] : [`only ${run.only}`]),
    ...(run.undo === null ? [] : [`undo of run ${run.undo}`]),
    ...(run.facts === null ? [] : [`on the facts of run ${run.facts}`]),
    ...(target === '' ? [] : [target]),
  ];
}

const titled = (title: string, lines: readonly string[], { paint }: Context): readonly string[] =>
  lines.length === 0 ? [] : [paint('bold', title), ...lines];

function sourceLines(report: Report, context: Context): readonly string[] {
  const { sources } = report;
  const width = Math.max(0, ...sources.map(({ name }) => name.length));
  const lines = sources.flatMap((source) => {
    const { entries, version, asOf } = sourceFacts(source, report);
    const facts = [
      entries,
      `${source.durationMs} ms`,
      ...(version === '' ? [] : [version]),
      ...(asOf === '' ? [] : [`as of ${asOf}`]),
    ];
    const [first = '', ...more] = wrapped(facts.join(', '), context.width, width + 4);
    return [`  ${padTo(source.name, width)}  ${first.trimStart()}`, ...more];
  });
  return titled('Sources', lines, context);
}

/** One section for each kind of change. */
const changeLines = (report: Report, context: Context): readonly (readonly string[])[] =>
  changeGroups(report).map((group) => {
    const colour = KIND_COLOURS[group.kind] ?? 'bold';
    const title = context.paint(colour, `${group.title} (${group.kind}, ${group.changes.length})`);
    const entries = linesOf(group).map(entryOf);
    const dim = (text: string) => context.paint('dim', text);
    return [title, ...entryLines(entries, { width: context.width, paint: dim })];
  });

const entryOf = (line: ChangeLine): Entry =>
  'change' in line
    ? { label: nameOf(line.change), fact: line.change.move, text: explained(line.change) }
    : { label: `${line.count} ×`, fact: '', text: line.reason };

const nameOf = ({ label, account }: Pick<ReportedChange, 'label' | 'account'>): string =>
  label === '' ? account : label;

const explained = (change: ReportedChange): string => {
  const result = resultOf(change);
  return `${reasonOf(change)}${result === '' ? '' : ` [${result}]`}`;
};

function needsPersonLines({ needsPerson }: Report, context: Context): readonly string[] {
  const entries = needsPerson.map((one) => ({
    label: one.label || (one.account ?? ''),
    fact: `${one.reason}${one.due === null ? '' : `, desired: ${one.due}`}`,
    text: needText(one),
  }));
  const lines = entryLines(entries, { width: context.width, paint: (text) => context.paint('dim', text) });
  return titled(`Needs a person (${needsPerson.length})`, lines, context);
}

function noteSection(title: string, notes: readonly Note[], context: Context): readonly string[] {
  const entries = notes.map(({ kind, label, because, tried = [] }) => {
    const asked = tried.map(({ rule, answer }) => `rule ${rule} ${answer}`).join(', ');
    const text = `${because}${asked === '' ? '' : ` (${asked})`}`;
    return { label, fact: kind === 'pending-sign-in' ? '' : kind, text };
  });
  const lines = entryLines(entries, { width: context.width, paint: (text) => context.paint('dim', text) });
  return titled(`${title} (${notes.length})`, lines, context);
}

function driftLines({ drift }: Report, context: Context): readonly string[] {
  const entries = drift.map(({ label, kind, because }) => ({ label, fact: kind, text: because }));
  const lines = entryLines(entries, { width: context.width, paint: (text) => context.paint('dim', text) });
  return titled(`Drift (${drift.length})`, lines, context);
}

function limitLines({ limits }: Report, context: Context): readonly string[] {
  const lines = limits.map(({ name, found, allowed }) => {
    const left = allowed - found;
    const rest = left < 0 ? `${-left} too many` : `${left} left`;
    const fact = `  ${name}: ${found} of ${allowed}, ${rest}`;
    return left < 0 ? context.paint('red', fact) : fact;
  });
  return titled('Limits', lines, context);
}

const objectionLines = ({ objections }: Report, context: Context): readonly string[] =>
  titled(
    'Objections',
    objections.flatMap(({ message, overridable }) =>
      wrapped(`${message}${overridable ? '' : ' (cannot be overridden)'}`, context.width, 2).map((line) =>
        context.paint('red', line),
      ),
    ),
    context,
  );

/** An error. Faults of settings have one line each. */
const errorLines = (error: string, width: number): readonly string[] =>
  `Error    ${error}`
    .split(/; (?=[A-Z][A-Z0-9_]+: )/)
    .flatMap((fault, index) => wrapped(fault, width, index === 0 ? 0 : 2));

const commandLines = ({ terminal, curl }: NonNullable<ReturnType<typeof approveCommands>>) =>
  [terminal, curl].filter((line) => line !== null).map((line) => `  ${line}`);

function planLines(report: Report, { paint, width }: Context): readonly string[] {
  const { approved, planHash, exitCode } = report;
  const error = errorBeside(report);
  const commands = approveCommands(report);
  return [
    ...(error === null ? [] : errorLines(error, width).map((line) => paint('red', line))),
    ...(approved === null ? [] : [`Approved ${approved.hash}, because: ${approved.reason}`]),
    ...(planHash === null ? [] : [`Plan     ${planHash}`]),
    ...(commands ? ['To carry out exactly this plan:', ...commandLines(commands)] : []),
    `Exit     ${exitCode}`,
  ];
}
