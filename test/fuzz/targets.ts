import type { FuzzTarget } from './fuzz-target.ts';
import { MAKERS } from './makers.ts';
import { READERS } from './readers.ts';
import { RENDERERS } from './renderers.ts';

/** Every target. */
export const TARGETS: readonly FuzzTarget[] = [...READERS, ...MAKERS, ...RENDERERS];
