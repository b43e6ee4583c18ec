import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { posixGroups } from '../../../src/directories/posix-groups/data-yaml.ts';

/** Everything that YAML can say in the places that decide, as parts of a file: the members, then the users. */
const CONSTRUCTS: readonly (readonly [members: string, users: string])[] = [
  ['[ann, bob]', 'ann: {}\n  bob: {}'],
  ['[ann, bob]', 'ann: {ensure: absent}\n  bob: {ensure: present}'],
  ['[ann, bob]', 'ann: {ensure: "absent"}\n  bob: {ensure: \'present\'}'],
  ['[ann, bob]', 'ann: &gone {ensure: absent}\n  bob: {<<: *gone}'],
  ['[ann, bob]', 'ann: &gone {ensure: absent}\n  bob: *gone'],
  ['[ann, bob]', 'ann: {ensure: absent, ensure: present}\n  bob: {}'],
  ['[ann, bob]', 'ann: {ensure: !!str absent}\n  bob: {}'],
  ['[ann, bob]', 'ann: {"ensure": absent}\n  bob: {? ensure : absent}'],
  ['&all [ann, [bob]]', 'ann: {}\n  bob: {}'],
  ['[[[ann]], [bob]]', 'ann: {}\n  bob: {}'],
  ['["ann", \'bob\']', 'ann: {}\n  bob: {}'],
  ['["a\\u006en", bob]', 'ann: {}\n  bob: {}'],
  ['\n      - ann\n      - bob', 'ann: {}\n  bob: {}'],
  ['\n      - |-\n        ann\n      - >-\n        bob', 'ann: {}\n  bob: {}'],
  ['[!!str ann, bob]', 'ann: {}\n  bob: {}'],
  ['[yes, bob]', 'yes: {}\n  bob: {}'],
  ['[no, bob]', '"no": {}\n  bob: {}'],
  ["['no', bob]", '"no": {}\n  bob: {}'],
  ['[on, off, true, bob]', 'bob: {}'],
  ['[null, bob]', 'bob: {}'],
  ['[~, bob]', 'bob: {}'],
  ['[007, bob]', '"007": {}\n  bob: {}'],
  ['[1234, bob]', '1234: {}\n  bob: {}'],
  ['[1_000, bob]', '"1000": {}\n  bob: {}'],
  ['[0x1f, bob]', '"0x1f": {}\n  bob: {}'],
  ['[0b11, bob]', '"0b11": {}\n  bob: {}'],
  ['[2020-01-01, bob]', '"2020-01-01": {}\n  bob: {}'],
  ['[4ever, bob]', '4ever: {}\n  bob: {}'],
  ['[1e3, bob]', '1e3: {}\n  bob: {}'],
  ['[y, n]', 'y: {}\n  n: {}'],
  ['[ann bob]', 'ann: {}\n  bob: {}'],
  ['[ann, bob,]', 'ann: {}\n  bob: {}'],
  ['[ann, , bob]', 'ann: {}\n  bob: {}'],
  ['[ann] # bob', 'ann: {}\n  bob: {}'],
  ['[ann #, bob\n      , bob]', 'ann: {}\n  bob: {}'],
  ['{ann: 1}', 'ann: {}'],
  ['ann', 'ann: {}'],
  ['', 'ann: {}'],
  ['[ann]', 'ann: {}\n  <<: {bob: {}}'],
  ['[bob]', 'ann: {}\n  <<: {bob: {}}'],
  ['[ann, bob]', 'ann: {}\n  ann: {ensure: absent}\n  bob: {}'],
  ['[:ann, bob]', 'ann: {}\n  bob: {}'],
  ['[ann, bob]', '? ann\n  : {ensure: absent}\n  bob: {}'],
  ['[ann, bob]', 'ann: {ensure: ABSENT}\n  bob: {}'],
  ['[ann, bob]', 'ann: {ensure: }\n  bob: {}'],
  ['[ann, bob]', 'ann:\n  bob: {}'],
];

const fileOf = ([members, users]: (typeof CONSTRUCTS)[number]) =>
  `groups:\n  deployment:\n    gid: 1\n    members: ${members}\nldap_only_users: {}\nusers:\n  ${users}\n`;

interface Answer {
  readonly members?: readonly string[];
  readonly error?: string;
}

const RECORDED = new URL('psych.json', import.meta.url);
const recorded = JSON.parse(readFileSync(RECORDED, 'utf8')) as readonly Answer[];

function ours(text: string): readonly string[] | undefined {
  try {
    const query = { minUsers: 0, groups: ['deployment'], mayBeEmpty: ['deployment'] };
    return [...(posixGroups(text, query).membersOf.get('deployment') ?? [])].toSorted();
  } catch {
    return undefined;
  }
}

test('there is an answer of Ruby for each construct', () => {
  expect(recorded).toHaveLength(CONSTRUCTS.length);
});

test.each(CONSTRUCTS.map((construct, index) => [construct, index] as const))(
  '%j is read as puppet reads it, or refused',
  (construct, index) => {
    const found = ours(fileOf(construct));
    if (found !== undefined) expect({ members: found }).toEqual(recorded[index]);
  },
);

test('most constructs are read, not refused', () => {
  const read = CONSTRUCTS.filter((construct) => ours(fileOf(construct)) !== undefined);
  expect(read.length).toBeGreaterThanOrEqual(18);
});

const ruby = spawnSync('ruby', [new URL('psych.rb', import.meta.url).pathname], {
  input: JSON.stringify(CONSTRUCTS.map(fileOf)),
  encoding: 'utf8',
});

// Where ruby is there, it confirms the recorded answers: `ruby psych.rb` made them.
test.skipIf(ruby.status !== 0)('the recorded answers are those of the Ruby that is here', () => {
  expect(JSON.parse(ruby.stdout)).toEqual(recorded);
});
