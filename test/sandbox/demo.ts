import { type Framework, startFramework } from './framework.ts';
import { DENIED, gitlabExample } from './gitlab/example.ts';
import { startGitlabSandbox } from './gitlab/sandbox.ts';
import { renderWikitext } from './gitlab/wikitext.ts';
import { groupDn } from './growthbook/example.ts';
import { startGrowthBookSandbox } from './growthbook/sandbox.ts';

const print = (text: string) => process.stdout.write(text);
const title = (text: string) => print(`\n\u001b[1m━━ ${text}\u001b[0m\n\n`);

async function show({ origin }: Framework, method: 'GET' | 'POST', body?: object): Promise<void> {
  const json = body && { body: JSON.stringify(body) };
  const headers = { accept: 'text/plain', ...(json && { 'content-type': 'application/json' }) };
  const answer = await fetch(origin, { method, headers, ...json });
  print(`${method} / ${json?.body ?? ''} → ${answer.status}\n\n${await answer.text()}`);
}

const planHashOf = async ({ origin }: Framework): Promise<string> => {
  const { planHash } = (await (await fetch(origin)).json()) as { readonly planHash: string };
  return planHash;
};

async function growthBookDemo(): Promise<void> {
  // Production allows 60 a minute; a demo waits for nothing.
  const sandbox = await startGrowthBookSandbox({ requestsPerMinute: 600 });
  const framework = await startFramework('growthbookRoles', { ...sandbox.environment, MODE: 'enforce' });
  try {
    title('growthbook-roles: what would be done');
    await show(framework, 'GET');
    title('growthbook-roles: done');
    await show(framework, 'POST');
    title('growthbook-roles: the next run finds nothing to do');
    await show(framework, 'POST');
    title('growthbook-roles: somebody empties an LDAP group, and nothing is written');
    const writes = sandbox.growthbook.writes.length;
    const group = sandbox.ldap.entries.find(({ dn }) => dn === groupDn('readonly'));
    if (!group) throw new Error('demo: the example has lost its group');
    const members = [group.attributes.member ?? []].flat();
    group.attributes.member = [];
    await show(framework, 'POST');
    print(`\nWrites since: ${sandbox.growthbook.writes.length - writes}\n`);
    title('growthbook-roles: a team leaves, and the limits refuse the plan');
    group.attributes.member = members.slice(-2);
    await show(framework, 'POST');
    title('growthbook-roles: somebody has read it, and approves exactly this plan');
    await show(framework, 'POST', { approve: await planHashOf(framework), reason: 'the team was dissolved' });
  } finally {
    await framework.close();
    await sandbox.close();
  }
}

async function gitlabDemo(): Promise<void> {
  const sandbox = await startGitlabSandbox(gitlabExample);
  const environment = { ...sandbox.environment, DENIED_ACCOUNTS: DENIED, MODE: 'enforce' };
  const framework = await startFramework('gitlabApprovals', environment);
  try {
    title('gitlab-approvals: who waits, who is trusted, and why');
    await show(framework, 'POST');
    title('gitlab-approvals: the public log afterwards');
    print(`${renderWikitext(sandbox.auditPage() ?? '')}\n`);
    title('gitlab-approvals: the next run finds nothing to do');
    await show(framework, 'POST');
  } finally {
    await framework.close();
    await sandbox.close();
  }
}

await growthBookDemo();
await gitlabDemo();
