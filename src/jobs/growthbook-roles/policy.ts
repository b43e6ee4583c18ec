import { readFileSync } from 'node:fs';
import type { Policy } from '../../policy/policy.ts';
import { parsePolicy } from '../../policy/policy-document.ts';

/** Wikimedia's policy, from `policy.yaml` beside this file. */
export const defaultPolicy = (): Policy =>
  parsePolicy(readFileSync(new URL('./policy.yaml', import.meta.url), 'utf8'));
