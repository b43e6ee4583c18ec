import { describe, expect, test } from 'vitest';
import { SourceError } from '../../../src/platform/errors.ts';
import { pagesOf, type ReadPage, readMemberList } from '../../../src/targets/growthbook/member-list.ts';
import type { Member, MemberPage } from '../../../src/targets/growthbook/schema.ts';
import { member } from '../../fixtures.ts';

const numbered = (count: number) => Array.from({ length: count }, (_, n) => member(`u${n}`));
const idsOf = (rows: readonly Member[]) => rows.map(({ id }) => id);

/** Serves a list in pages of so many rows; `asked` has the offsets, `peak` the most requests at once. */
function serving(rows: readonly Member[], most = 100) {
  const served = { asked: [] as number[], open: 0, peak: 0 };
  const read: ReadPage = async (offset) => {
    served.asked.push(offset);
    served.open += 1;
    served.peak = Math.max(served.peak, served.open);
    await Promise.resolve();
    served.open -= 1;
    const end = offset + most;
    const hasMore = end < rows.length;
    return {
      members: rows.slice(offset, end),
      total: rows.length,
      hasMore,
      nextOffset: hasMore ? end : null,
    };
  };
  return { served, read };
}

/** A page with these ids, separated by spaces. */
const page = (ids: string, over: Partial<MemberPage> = {}): MemberPage => ({
  members: ids === '' ? [] : ids.split(' ').map((id) => member(id)),
  total: 0,
  hasMore: false,
  nextOffset: null,
  ...over,
});
/** Answers with these pages, one after the other. */
function answering(pages: readonly MemberPage[]) {
  const left = [...pages];
  const read: ReadPage = async () => {
    const next = left.shift();
    if (!next) throw new Error('more pages are read than there are');
    return next;
  };
  return { read, left };
}
const next = (nextOffset: number | null, total: number) => ({ total, hasMore: true, nextOffset });

test.each([
  [0, 1],
  [1, 1],
  [100, 1],
  [101, 2],
  [199, 2],
  [200, 3],
  [298, 3],
  [299, 4],
])('a list of %i members costs %i requests', (members, pages) => {
  expect(pagesOf(members)).toBe(pages);
});

describe('all members are read, each once and in their order', () => {
  test.each([
    [1, [0]],
    [99, [0]],
    [100, [0]],
    [101, [0, 99]],
    [199, [0, 99]],
    [200, [0, 99, 198]],
    [299, [0, 99, 198, 297]],
  ])('%i members: pages begin at %j, the last row of each page again', async (count, offsets) => {
    const rows = numbered(count);
    const { served, read } = serving(rows);
    expect(idsOf(await readMemberList(read))).toEqual(idsOf(rows));
    expect(served.asked).toEqual(offsets);
  });

  test('the pages after the first are read side by side', async () => {
    const { served, read } = serving(numbered(299));
    await readMemberList(read);
    expect(served.peak).toBe(3);
  });

  test.each([
    [1, 3, [0, 1, 2]],
    [2, 4, [0, 1, 2]],
    [3, 6, [0, 2, 4]],
    [40, 100, [0, 39, 78]],
  ])('a server that gives %i at a time for %i members is read one by one, at %j', async (most, count, at) => {
    const rows = numbered(count);
    const { served, read } = serving(rows, most);
    expect(idsOf(await readMemberList(read))).toEqual(idsOf(rows));
    expect([served.asked, served.peak]).toEqual([at, 1]);
  });

  test('pages that touch without a common row are whole', async () => {
    const { read } = answering([page('a b', next(3, 4)), page('c d', { total: 4 })]);
    expect(idsOf(await readMemberList(read))).toEqual(['a', 'b', 'c', 'd']);
  });
});

describe('a list that disagrees with itself', () => {
  const FAULTS: readonly (readonly [string, readonly MemberPage[], string])[] = [
    [
      'more is promised and no offset is given',
      [page('a b', next(null, 2))],
      'more is promised but no further page (found nextOffset null)',
    ],
    [
      'the next page would be the same one',
      [page('a b', next(0, 2))],
      'more is promised but no further page (found nextOffset 0)',
    ],
    [
      'the next page would be an earlier one',
      [page('a b', next(2, 3)), page('b c', next(1, 3))],
      'more is promised but no further page (found nextOffset 1)',
    ],
    [
      'there are fewer than the total',
      [page('a b', { total: 3 })],
      'the count disagrees (found 2 members, total 3)',
    ],
    [
      'there are more than the total',
      [page('a b', { total: 1 })],
      'the count disagrees (found 2 members, total 1)',
    ],
    [
      'the total changes between two pages',
      [page('a b', next(2, 3)), page('b c', { total: 4 })],
      'the count disagrees (found 3 members, total 3, then 4)',
    ],
    [
      'the common row is another one',
      [page('a b c', next(3, 5)), page('d e c', { total: 5 })],
      'page 2 does not begin where page 1 ends: members joined or left meanwhile',
    ],
    [
      'the second common row is another one',
      [page('a b c', next(2, 4)), page('b d c', { total: 4 })],
      'page 2 does not begin where page 1 ends: members joined or left meanwhile',
    ],
    [
      'a page is shorter than what it has in common',
      [page('a b c', next(2, 3)), page('b', { total: 3 })],
      'page 2 does not begin where page 1 ends: members joined or left meanwhile',
    ],
    [
      'a page begins behind the end of the one before',
      [page('a b', next(4, 4)), page('c d', { total: 4 })],
      'page 2 does not begin where page 1 ends: members joined or left meanwhile',
    ],
    [
      'only the third page does not continue',
      [page('a b', next(2, 4)), page('b c', next(3, 4)), page('d c', { total: 4 })],
      'page 3 does not begin where page 2 ends: members joined or left meanwhile',
    ],
  ];

  test.each(FAULTS)('fails the source where it does so twice: %s', async (_, pages, fault) => {
    const { read, left } = answering([...pages, ...pages]);
    await expect(readMemberList(read)).rejects.toThrow(
      new SourceError(`growthbook: GET /api/v1/members: read twice, and ${fault}`),
    );
    expect(left).toEqual([]);
  });

  test.each(FAULTS)('is read once more, and the second reading counts: %s', async (_, pages) => {
    const { read } = answering([...pages, page('x y', { total: 2 })]);
    expect(idsOf(await readMemberList(read))).toEqual(['x', 'y']);
  });

  test('is that of a member who was moved to the end between two pages of a hundred', async () => {
    const rows = numbered(150);
    const moved = [...rows.slice(0, 5), ...rows.slice(6), ...rows.slice(5, 6)];
    const read: ReadPage = (offset) => serving(offset === 0 ? rows : moved).read(offset);
    await expect(readMemberList(read)).rejects.toThrow(/page 2 does not begin where page 1 ends/);
  });
});

test('an organisation without members fails the source', async () => {
  await expect(readMemberList(answering([page('')]).read)).rejects.toThrow(
    new SourceError('growthbook: GET /api/v1/members: the organisation has no members'),
  );
});
