/** How the facts of `gitlab-approvals` are written into a recording, and read from one. */

import { z } from 'zod';
import type { FactsFormat } from '../../engine/recording.ts';
import type { DatedPolicy } from '../../policy/dated-policy.ts';
import { groupsNamed } from '../../policy/named-groups.ts';
import { Account } from '../../targets/gitlab/schema.ts';
import { factsAs, NamesByGroup, PersonShape, requireRecorded } from '../facts-shapes.ts';
import type { ApprovalFacts } from './resolve.ts';
import type { OptionalSource } from './trust.ts';

const SourceAnswer = z.strictObject({
  isMember: z.boolean(),
  because: z.string(),
  worthReporting: z.boolean().exactOptional(),
});
const OptionalShape = z.union([
  z.enum(['off', 'failed']),
  z.record(z.string(), z.record(z.string(), SourceAnswer)),
]);

const RecordedFacts = z.lazy(() =>
  z.strictObject({
    waiting: z.array(Account),
    people: z.array(PersonShape),
    evidence: z.strictObject({
      /** Normalised DNs by LDAP group. */
      groups: NamesByGroup,
      /** The answers about people, by group and DN. */
      phabricator: OptionalShape,
      gerrit: OptionalShape,
    }),
  }),
);

/** How the facts of `gitlab-approvals` are recorded: maps and sets as objects and lists. */
export const factsFormat = (trust: DatedPolicy): FactsFormat<ApprovalFacts> => ({
  toJson: ({ waiting, people, evidence: { groups, phabricator, gerrit } }) => ({
    waiting,
    people,
    evidence: {
      groups: Object.fromEntries([...groups].map(([group, dns]) => [group, [...dns]])),
      phabricator: answersToJson(phabricator),
      gerrit: answersToJson(gerrit),
    },
  }),
  fromJson: (value) => {
    const { waiting, people, evidence } = factsAs(RecordedFacts, value);
    // If no account waits, no group is read.
    if (waiting.length > 0)
      requireRecorded('LDAP', groupsNamed(trust, 'ldap'), (group) => Object.hasOwn(evidence.groups, group));
    return {
      waiting,
      people,
      evidence: {
        groups: new Map(Object.entries(evidence.groups).map(([group, dns]) => [group, new Set(dns)])),
        phabricator: answersFromJson(evidence.phabricator),
        gerrit: answersFromJson(evidence.gerrit),
      },
    };
  },
});

const answersToJson = (source: OptionalSource) =>
  typeof source === 'string'
    ? source
    : Object.fromEntries([...source].map(([group, people]) => [group, Object.fromEntries(people)]));

function answersFromJson(source: z.output<typeof OptionalShape>): OptionalSource {
  if (typeof source === 'string') return source;
  const said = Object.entries(source).map(
    ([group, people]) => [group, new Map(Object.entries(people))] as const,
  );
  return new Map(said);
}
