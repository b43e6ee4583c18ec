import { SourceError } from '../../platform/errors.ts';
import type { Member, MemberPage } from './schema.ts';

/**
 * Reads all members. Pages have no snapshot, so an inconsistent list is read once more. Throws `SourceError` if it is inconsistent again, and for an organisation without members.
 */
export async function readMemberList(readPage: ReadPage): Promise<readonly Member[]> {
  const first = await readOnce(readPage);
  const members = typeof first === 'string' ? await readOnce(readPage) : first;
  if (typeof members === 'string')
    throw new SourceError(`growthbook: GET /api/v1/members: read twice, and ${members}`);
  if (members.length === 0)
    throw new SourceError('growthbook: GET /api/v1/members: the organisation has no members');
  return members;
}

/** The number of members in a page: the most that GrowthBook gives. */
export const PAGE = 100;

/** Pages overlap by one member, so that it is noticed if a member joins or leaves between two pages. */
const STEP = PAGE - 1;

/** The number of requests that a list of so many members costs. */
export const pagesOf = (members: number): number => Math.max(1, Math.ceil((members - 1) / STEP));

/** Reads the page that begins at an offset. */
export type ReadPage = (offset: number) => Promise<MemberPage>;

interface ReadAt {
  readonly offset: number;
  readonly page: MemberPage;
}

/** The members, or what is wrong with the list. */
async function readOnce(readPage: ReadPage): Promise<readonly Member[] | string> {
  const pages = await readPages(readPage);
  const members = pages.flatMap(({ page }) => page.members.map((one) => [one.id, one] as const));
  return faultIn(pages) ?? [...new Map(members).values()];
}

/** Reads the first page, which has the total, then all others at the same time, or one after the other if pages are smaller than requested. */
async function readPages(readPage: ReadPage): Promise<readonly ReadAt[]> {
  const at = async (offset: number): Promise<ReadAt> => ({ offset, page: await readPage(offset) });
  const first = await at(0);
  const { members, total } = first.page;
  if (members.length < PAGE) return await readOneByOne(first, at);
  const offsets = Array.from({ length: pagesOf(total) - 1 }, (_, index) => (index + 1) * STEP);
  return [first, ...(await Promise.all(offsets.map(at)))];
}

async function readOneByOne(
  first: ReadAt,
  at: (offset: number) => Promise<ReadAt>,
): Promise<readonly ReadAt[]> {
  const pages = [first];
  for (let last = first; last.page.hasMore; ) {
    const next = last.page.nextOffset ?? 0;
    if (next <= last.offset) break;
    last = await at(next - 1 > last.offset ? next - 1 : next);
    pages.push(last);
  }
  return pages;
}

function faultIn(pages: readonly ReadAt[]): string | undefined {
  const totals = [...new Set(pages.map(({ page }) => page.total))];
  const ids = new Set(pages.flatMap(({ page }) => page.members.map(({ id }) => id)));
  const [open] = pages.slice(-1).filter(({ page }) => page.hasMore);
  if (open) return `more is promised but no further page (found nextOffset ${open.page.nextOffset})`;
  if (totals.length !== 1 || totals[0] !== ids.size)
    return `the count disagrees (found ${ids.size} members, total ${totals.join(', then ')})`;
  const shifted = pages.findIndex((one, index) => !continues(pages[index - 1], one));
  if (shifted === -1) return undefined;
  return `page ${shifted + 1} does not begin where page ${shifted} ends: members joined or left meanwhile`;
}

/** Whether the last rows of one page are the first rows of the next. The first page has none before it. */
function continues(before: ReadAt | undefined, { offset, page }: ReadAt): boolean {
  if (!before) return true;
  const overlapping = before.page.members.slice(offset - before.offset);
  return (
    before.offset + before.page.members.length >= offset &&
    overlapping.every(({ id }, index) => page.members[index]?.id === id)
  );
}
