import { StopError } from './errors.ts';

/** Checked right before every writing request, by the code that sends it. Closed until a plan has passed safety. */
export interface WriteGuard {
  open(): void;
  /** Throws `StopError` while closed, or where the right to write was lost since. */
  check(what: string): Promise<void>;
}

/** A closed guard. `stillHeld` is called before each write and throws where the right to write was lost. */
export function createWriteGuard(stillHeld: () => Promise<void> = async () => undefined): WriteGuard {
  let opened = false;
  return {
    open: () => {
      opened = true;
    },
    check: async (what) => {
      if (!opened) throw new StopError(`${what}: a run that may not write tried to write; nothing was sent`);
      await stillHeld();
    },
  };
}
