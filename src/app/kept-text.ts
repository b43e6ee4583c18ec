import type { KeptText, Run } from '../engine/run-types.ts';
import type { CommonValues } from '../jobs/common-settings.ts';
import { reportStore, textNamed } from './report-store.ts';

/** A text that a job keeps beside its reports from one run to the next; undefined where no reports are kept. */
export function keptText(settings: CommonValues, run: Run, name: string): KeptText | undefined {
  const store = reportStore(settings, run);
  if (!store) return undefined;
  // In a bucket, only names with this prefix may be replaced.
  const object = `${run.job}/latest-${name}.json`;
  return {
    read: () => textNamed(store, run.job, object),
    write: (text) => store.put({ name: object, text, type: 'application/json', mayReplace: true }),
  };
}
