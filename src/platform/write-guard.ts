import { StopError } from './errors.ts';

/** Checked right before every request that writes, by the code that sends it. It is closed until a plan has passed the safety checks. */
export interface WriteGuard {
  open(): void;
  /** Throws `StopError` while it is closed, or if the right to write was lost since. */
  check(what: string): Promise<void>;
}

/** Creates a closed guard. `stillHeld` is called before each write and throws if the right to write was lost. */
export function createWriteGuard(stillHeld: () => Promise<void> = async () => undefined): WriteGuard {
  let isOpen = false;
  return {
    open: () => {
      isOpen = true;
    },
    check: async (what) => {
      if (!isOpen) throw new StopError(`${what}: a run that may not write tried to write; nothing was sent`);
      await stillHeld();
    },
  };
}
