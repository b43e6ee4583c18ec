import { type Note, noteAbout } from '../engine/model.ts';
import type { DatedPolicy } from './dated-policy.ts';
import type { Rule } from './policy.ts';

/** A note for each rule that has expired, and for each that expires within a week. */
export const policyNotes = ({ expired, expiring }: DatedPolicy): readonly Note[] => [
  ...expired.map((rule) =>
    noteAbout('expired', labelOf(rule), `expired on ${rule.expires}${reasonOf(rule)}`),
  ),
  ...expiring.map((rule) =>
    noteAbout('expiring', labelOf(rule), `expires on ${rule.expires}${reasonOf(rule)}`),
  ),
];

const labelOf = ({ rule, description }: Rule) => `rule ${rule}${description ? ` (${description})` : ''}`;
const reasonOf = ({ reason }: Rule) => (reason ? `; its reason: ${reason}` : '');
