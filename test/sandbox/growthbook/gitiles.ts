import { type Answer, type Recorded, type SandboxServer, startServer } from '../server.ts';

/** Contents by path: text, or bytes that need not be UTF-8, of any size. */
export type Files = Readonly<Record<string, string | Buffer>>;

/** The commits of each branch, by 40 hexadecimal digits, the newest last. A commit stays readable when it is the head no more. */
export type Branches = Readonly<Record<string, Readonly<Record<string, Files>>>>;

/** `now` in milliseconds since 1970; it is the committer's time of each commit, too. */
export interface GitilesOptions {
  readonly files: Branches;
  readonly now?: () => number;
}

/** `prefix` is the repository's address; `rawPath` serves a branch's files as they are, without base64. */
export interface Gitiles extends SandboxServer {
  readonly prefix: string;
  /** The address of a file of a branch, in base64, as a browser's link has it. */
  readonly textUrl: (branch: string, path: string) => string;
  /** The address of the same file as it is. */
  readonly rawUrl: (branch: string, path: string) => string;
  /** Makes a commit the head of a branch. */
  readonly push: (branch: string, commit: string, files: Files) => void;
}

interface Commit {
  readonly branch: string;
  readonly id: string;
  readonly files: Files;
  readonly time: number;
}

const PREFIX = '/r/plugins/gitiles/operations/puppet';
const RAW = '/raw';

/** A gitiles with one repository, on 127.0.0.1. Unknown branches, commits, files and paths are 404 with a page of HTML. */
export async function startGitiles({ files, now = Date.now }: GitilesOptions): Promise<Gitiles> {
  const commits: Commit[] = [];
  const push = (branch: string, id: string, content: Files): void => {
    if (!/^[0-9a-f]{40}$/.test(id))
      throw new Error(`sandbox: a commit has 40 hexadecimal digits (found ${id})`);
    commits.push({ branch, id, files: content, time: now() });
  };
  for (const [branch, history] of Object.entries(files)) {
    for (const [id, content] of Object.entries(history)) push(branch, id, content);
  }
  const server = await startServer((request) => answerTo(request, commits), { now });
  return Object.assign(server, {
    prefix: PREFIX,
    textUrl: (branch: string, path: string) =>
      `${server.origin}${PREFIX}/+/refs/heads/${branch}/${path}?format=TEXT`,
    rawUrl: (branch: string, path: string) => `${server.origin}${RAW}/${branch}/${path}`,
    push,
  });
}

const page = (status: number, title: string): Answer => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>\n`,
});

const NOT_FOUND = page(404, 'Not Found');

const text = (body: string | Buffer): Answer => ({
  status: 200,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body,
});

function answerTo({ method, path, query }: Recorded, commits: readonly Commit[]): Answer {
  if (method !== 'GET') return page(405, 'Method Not Allowed');
  const raw = new RegExp(`^${RAW}/([^/]+)/(.+)$`).exec(decodeURI(path));
  if (raw) return fileOf(headOf(commits, raw[1]), raw[2], text);
  const found = new RegExp(`^${PREFIX}/\\+/(?:refs/heads/([^/]+)|([0-9a-f]{40}))(?:/(.+))?$`).exec(
    decodeURI(path),
  );
  if (!found) return NOT_FOUND;
  const [, branch, id, file] = found;
  const commit =
    id === undefined ? headOf(commits, branch) : commits.find((candidate) => candidate.id === id);
  const format = query.get('format');
  if (file === undefined) return commit && format === 'JSON' ? logEntry(commit) : commitPage(commit);
  if (format === 'TEXT') return fileOf(commit, file, (content) => text(bytesOf(content).toString('base64')));
  return fileOf(commit, file, () => page(200, file));
}

const bytesOf = (content: string | Buffer): Buffer =>
  typeof content === 'string' ? Buffer.from(content) : content;

const headOf = (commits: readonly Commit[], branch: string | undefined): Commit | undefined =>
  commits.findLast((commit) => commit.branch === branch);

const commitPage = (commit: Commit | undefined): Answer => (commit ? page(200, commit.id) : NOT_FOUND);

function fileOf(
  commit: Commit | undefined,
  path: string | undefined,
  show: (content: string | Buffer) => Answer,
): Answer {
  const content = path === undefined ? undefined : commit?.files[path];
  return content === undefined ? NOT_FOUND : show(content);
}

/** JSON after the line that keeps a browser from running it. */
function logEntry({ id, time }: Commit): Answer {
  const person = { name: 'Sandbox', email: 'sandbox@example.org', time: gitDate(time) };
  const entry = {
    commit: id,
    tree: id,
    parents: [],
    author: person,
    committer: person,
    message: 'data\n',
    tree_diff: [],
  };
  return {
    status: 200,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: `)]}'\n${JSON.stringify(entry, null, 2)}\n`,
  };
}

/** `Tue Aug 18 09:05:07 2026 +0000` */
function gitDate(time: number): string {
  const [weekday = '', day, month, year, clock] = new Date(time).toUTCString().split(' ');
  return `${weekday.replace(',', '')} ${month} ${day} ${clock} ${year} +0000`;
}
