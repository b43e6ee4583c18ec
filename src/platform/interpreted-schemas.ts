import { z } from 'zod';

/** Schemas are interpreted: zod compiles each into code otherwise, which costs more than the few values of a run give back. */
z.config({ jitless: true });
