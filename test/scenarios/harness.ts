import { test as base } from 'vitest';

interface Closable {
  close(): unknown;
}

/** What the test that runs has opened; undefined between tests. */
let opened: Closable[] | undefined;

/** A test that closes what it opened, the last first, however it ends. */
export const test = base.extend<{ closing: undefined }>({
  closing: [
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of the fixtures that are needed from the pattern.
    async ({}, use) => {
      const own: Closable[] = [];
      opened = own;
      await use(undefined);
      opened = undefined;
      for (const one of own.toReversed()) await one.close();
    },
    { auto: true },
  ],
});

/** Waits for what a test starts, and has it closed when the test ends. Throws where the test is not one of this file's. */
export async function open<T extends Closable>(starting: Promise<T>): Promise<T> {
  const one = await starting;
  if (opened) opened.push(one);
  else {
    await one.close();
    throw new Error('open: found no test of harness.ts that runs');
  }
  return one;
}
