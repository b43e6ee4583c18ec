import { z } from 'zod';
import type { PublishedApproval } from '../../audit/mediawiki/publish.ts';
import { type Note, noteAbout } from '../../engine/model.ts';
import type { KeptText, Run } from '../../engine/run-types.ts';
import { messageOf } from '../../platform/errors.ts';
import { errorFields } from '../../platform/log.ts';

const Entries = z.array(
  z.strictObject({
    account: z.string().min(1),
    username: z.string().min(1),
    trust: z.string().min(1),
    at: z.number(),
    gitlab: z.string().min(1),
    planned: z.literal(true).optional(),
  }),
);

/** One of them. A planned one was about to be carried out when it was kept: only its account says whether it was. */
export interface KeptApproval extends PublishedApproval {
  readonly planned?: true | undefined;
}

/** Approvals that are not on the public log yet, kept from one run to the next. */
export interface Unpublished {
  /** The approvals of earlier runs, the oldest first. */
  readonly approvals: readonly KeptApproval[];
  /** Whether they can be kept. */
  readonly isKept: boolean;
  /** Why they cannot be kept, if they cannot. */
  readonly notes: readonly Note[];
  /** Replaces them. Returns why that failed. */
  keep(approvals: readonly KeptApproval[]): Promise<readonly Note[]>;
}

const NONE: Unpublished = { approvals: [], isKept: false, notes: [], keep: async () => [] };

/** Reads what earlier runs kept. If the store cannot be read, nothing is written to it, so that nothing in it is lost. */
export async function readUnpublished(run: Run): Promise<Unpublished> {
  const kept = run.kept?.('unpublished', run.deadline);
  if (!kept) return NONE;
  try {
    const text = await kept.read();
    const approvals = text === undefined ? [] : Entries.parse(JSON.parse(text));
    return { approvals, isKept: true, notes: [], keep: (all) => keep(kept, all, run) };
  } catch (error) {
    return { ...NONE, notes: [failed('read', error, run)] };
  }
}

async function keep(kept: KeptText, approvals: readonly KeptApproval[], run: Run): Promise<readonly Note[]> {
  try {
    await kept.write(JSON.stringify(approvals));
    return [];
  } catch (error) {
    return [failed('kept', error, run)];
  }
}

function failed(what: 'read' | 'kept', error: unknown, run: Run): Note {
  run.log.error(
    { event: 'audit.unkept', ...errorFields(error) },
    `unpublished approvals could not be ${what}`,
  );
  return noteAbout(
    'audit-unkept',
    'REPORTS',
    `lines of the public log could not be ${what}: ${messageOf(error)}`,
  );
}
