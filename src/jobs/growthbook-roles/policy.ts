import { readFileSync } from 'node:fs';
import { parsePolicy } from '../../policy/document.ts';
import type { Policy } from '../../policy/policy.ts';

/** Wikimedia's policy, from `policy.yaml` beside this file. */
export const defaultPolicy = (): Policy =>
  parsePolicy(readFileSync(new URL('./policy.yaml', import.meta.url), 'utf8'));
