import { startFramework } from './framework.ts';
import { groupDn } from './growthbook-story.ts';
import { startGrowthBookWorld } from './growthbook-world.ts';

const title = (text: string) => process.stdout.write(`\n\u001b[1m━━ ${text}\u001b[0m\n\n`);

async function show(origin: string, method: 'GET' | 'POST'): Promise<void> {
  const answer = await fetch(origin, { method, headers: { accept: 'text/plain' } });
  process.stdout.write(`${method} / → ${answer.status}\n\n${await answer.text()}`);
}

async function growthBookStory(): Promise<void> {
  const world = await startGrowthBookWorld();
  const framework = await startFramework('growthbookRoles', { ...world.environment, MODE: 'enforce' });
  try {
    title('growthbook-roles: what would be done');
    await show(framework.origin, 'GET');
    title('growthbook-roles: done');
    await show(framework.origin, 'POST');
    title('growthbook-roles: the next run finds nothing to do');
    await show(framework.origin, 'POST');
    title('growthbook-roles: somebody empties an LDAP group, and nothing is written');
    const writes = world.growthbook.writes.length;
    const group = world.ldap.entries.find(({ dn }) => dn === groupDn('readonly'));
    if (!group) throw new Error('demo: the story has lost its group');
    group.attributes.member = [];
    await show(framework.origin, 'POST');
    process.stdout.write(`\nWrites since: ${world.growthbook.writes.length - writes}\n`);
  } finally {
    await framework.close();
    await world.close();
  }
}

await growthBookStory();
