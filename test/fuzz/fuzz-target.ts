import type fc from 'fast-check';

/** Something that reads what others write, or writes what others read, tested with generated input. */
export interface FuzzTarget {
  readonly name: string;
  readonly input: fc.Arbitrary<unknown>;
  /** Throws where something is wrong. Returns how many bytes were read. */
  check(input: unknown): number;
  /** Texts that grow with a number, of the shapes that are slow to read for a careless reader. */
  readonly hostile?: readonly ((size: number) => unknown)[];
}

/** Joins an input with its check, so that both agree on the type. */
export const target = <T>(
  name: string,
  input: fc.Arbitrary<T>,
  check: (input: T) => number,
  hostile: readonly ((size: number) => T)[] = [],
): FuzzTarget => ({ name, input, check: (value) => check(value as T), hostile });
