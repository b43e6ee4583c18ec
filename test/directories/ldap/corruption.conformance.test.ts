import pLimit from 'p-limit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readGroups, readMembers } from '../../../src/directories/ldap/groups-and-people.ts';
import type { LdapSession } from '../../../src/directories/ldap/session.ts';
import { ask, reader, settingsFor } from '../../sandbox/ldap/asking.ts';
import { startDirectories } from '../../sandbox/ldap/directories.ts';
import { groupEntry, groupsBase, peopleBase, personDn, personEntry } from '../../sandbox/ldap/people.ts';
import { type LdapProxy, startProxy } from '../../sandbox/ldap/proxy.ts';

/** Names of one length, so that a string that includes the next one ends where that one ends. */
const uids = ['ann', 'bob', 'cem', 'dov'];
const entries = [
  ...uids.map((uid) => personEntry(uid, { mail: [`${uid}@a.org`, `${uid}@b.org`] })),
  groupEntry('all', uids.map(personDn)),
];
const directories = await startDirectories({ entries, bind: [reader], anonymous: 'none' });
afterAll(async () => {
  await Promise.all(directories.map((directory) => directory.close()));
});

const DEADLINE_MS = 25_000;
/** Some wait for the rest of a message that never comes: they wait together. */
const AT_ONCE = 300;

const people = async (ldap: LdapSession) => {
  const groups = await readGroups(ldap, groupsBase, ['all']);
  return (await readMembers(ldap, peopleBase, [...groups.values()])).people.map(({ uid, mails }) => [
    uid,
    mails,
  ]);
};

/** Where the lengths are in what a server sent: every octet of every nested length. */
function lengthOctets(bytes: Buffer): readonly number[] {
  const octets: number[] = [];
  const visit = (from: number, to: number) => {
    for (let at = from; at < to; ) {
      const tag = bytes[at] ?? 0;
      const first = bytes[at + 1] ?? 0;
      const more = first < 0x80 ? 0 : first - 0x80;
      const start = at + 2 + more;
      const length = more === 0 ? first : bytes.readUIntBE(at + 2, more);
      octets.push(...Array.from({ length: more + 1 }, (_, index) => at + 1 + index));
      if ((tag & 0x20) !== 0) visit(start, start + length);
      at = start + length;
    }
  };
  visit(0, bytes.length);
  return octets;
}

describe.each(directories)('one wrong bit in what the $name directory sends', ({ port }) => {
  let proxy: LdapProxy;
  let conversation: Buffer;
  beforeAll(async () => {
    proxy = await startProxy(port);
    expect((await ask(settingsFor(proxy.port), people)).answer).toHaveLength(uids.length);
    conversation = proxy.received();
  });
  afterAll(() => proxy.close());

  const withFlip = async (place: number, mask: number) => {
    const flipping = await startProxy(port);
    flipping.flip = { at: place, mask };
    const startedAt = performance.now();
    const { answer, error } = await ask(settingsFor(flipping.port), people, DEADLINE_MS);
    await flipping.close();
    return { place, mask, answer, error, ms: performance.now() - startedAt };
  };

  const flips = (places: readonly (readonly [number, number])[]) => {
    const gate = pLimit(AT_ONCE);
    return Promise.all(places.map(([place, mask]) => gate(() => withFlip(place, mask))));
  };

  test('in any length is an error before the deadline, and never another answer', async () => {
    const masks = Array.from({ length: 8 }, (_, bit) => 1 << bit);
    const places = lengthOctets(conversation).flatMap((place) => masks.map((mask) => [place, mask] as const));
    expect(places.length).toBeGreaterThan(1000);
    const results = await flips(places);
    expect(results.filter(({ error }) => error === undefined)).toEqual([]);
    expect(results.filter(({ error }) => error?.includes('DeadlineError'))).toEqual([]);
  }, 180_000);

  test('anywhere ends the reading before the deadline', async () => {
    const places = Array.from(
      { length: conversation.length },
      (_, place) => [place, 1 << (place % 8)] as const,
    );
    const results = await flips(places.filter((_, index) => index % 5 === 0));
    expect(results.filter(({ error }) => error?.includes('DeadlineError'))).toEqual([]);
  }, 180_000);
});
