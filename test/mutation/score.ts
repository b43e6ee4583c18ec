import { matchesGlob } from 'node:path';

/** The part of a report of mutation testing that is used here. */
export interface MutationReport {
  readonly files: Readonly<Record<string, { readonly source: string; readonly mutants: readonly Mutant[] }>>;
}
interface Mutant {
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly status: string;
  readonly location: { readonly start: Place; readonly end: Place };
}
interface Place {
  readonly line: number;
  readonly column: number;
}

/** A mutation that changes nothing anybody can see, with the reason: it is counted apart. */
export interface Equivalent {
  readonly file: string;
  /** The line that it begins in, without the spaces around it, where the file has the same text elsewhere. */
  readonly line?: string;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

/** What the tests noticed of a file: survivors are those that are not on the list of equivalent ones. */
export interface FileScore {
  readonly file: string;
  readonly killed: number;
  readonly equivalent: number;
  readonly survivors: readonly string[];
}

/** The score of each file of a report, and the entries of the list that no survivor matches. */
export function scoresOf(report: MutationReport, equivalents: readonly Equivalent[]) {
  const used = new Set<Equivalent>();
  const scores = Object.entries(report.files).map(([file, { source, mutants }]): FileScore => {
    const left = mutants.filter(({ status }) => status === 'Survived' || status === 'NoCoverage');
    const survivors = left.flatMap((mutant) => {
      const from = textAt(source, mutant.location);
      const to = mutant.replacement ?? '';
      const line = source.split('\n')[mutant.location.start.line - 1]?.trim();
      const known = equivalents.find(
        (one) => one.file === file && one.from === from && one.to === to && (one.line ?? line) === line,
      );
      if (known) used.add(known);
      return known ? [] : [`${file}:${mutant.location.start.line} ${mutant.mutatorName}: ${to}`];
    });
    const killed = mutants.filter(({ status }) => status === 'Killed' || status === 'Timeout').length;
    return { file, killed, equivalent: left.length - survivors.length, survivors };
  });
  const stale = equivalents.filter((one) => one.file in report.files && !used.has(one));
  return { scores, stale };
}

/** The patterns of a scope that no file of its report matches: a file that was not mutated is no file without survivors. */
export const missingIn = ({ files }: MutationReport, patterns: readonly string[]): readonly string[] =>
  patterns.filter(
    (pattern) => !pattern.startsWith('!') && !Object.keys(files).some((file) => matchesGlob(file, pattern)),
  );

/** Killed mutants in percent of those that are not equivalent; 100 where there are none. */
export const percentOf = (killed: number, survived: number): number =>
  killed + survived === 0 ? 100 : (100 * killed) / (killed + survived);

function textAt(source: string, { start, end }: Mutant['location']): string {
  const lines = source.split('\n').slice(start.line - 1, end.line);
  const last = lines.length - 1;
  return lines
    .map((line, index) =>
      line.slice(index === 0 ? start.column - 1 : 0, index === last ? end.column - 1 : undefined),
    )
    .join('\n');
}
