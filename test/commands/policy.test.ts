import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { policyJsonSchema } from '../../src/policy/policy-document.ts';
import { emptyFolder, muster } from '../muster.ts';

const README = readFileSync(new URL('../../src/policy/README.md', import.meta.url), 'utf8');
const blocks = [...README.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text ?? '');
const [ROLES = ''] = blocks;
const CASES = blocks.find((text) => text.includes('role: noaccess')) ?? '';

describe('muster policy', () => {
  test('test ends with 0 where all cases are as expected, with 1 where not, and with 4 for what it cannot read', async () => {
    const cwd = emptyFolder();
    writeFileSync(join(cwd, 'policy.yaml'), ROLES);
    writeFileSync(join(cwd, 'cases.yaml'), CASES);
    writeFileSync(join(cwd, 'wrong.yaml'), '- { uid: ada, role: admin }');
    const right = await muster(['policy', 'test', 'policy.yaml', 'cases.yaml'], { cwd });
    expect([right.code, right.stdout]).toEqual([0, expect.stringContaining('All 4 cases are as expected')]);
    const wrong = await muster(['policy', 'test', 'policy.yaml', 'wrong.yaml'], { cwd });
    expect([wrong.code, wrong.stdout]).toEqual([
      1,
      expect.stringContaining('expected admin, found noaccess by rule 1'),
    ]);
    const missing = await muster(['policy', 'test', 'policy.yaml', 'none.yaml'], { cwd });
    expect([missing.code, missing.stderr]).toEqual([4, expect.stringContaining('the file cannot be read')]);
    const json = await muster(['policy', 'test', 'policy.yaml', 'wrong.yaml', '--json'], { cwd });
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, cases: [{ ok: false }] });
  });

  test('schema prints the schema', async () => {
    const { code, stdout } = await muster(['policy', 'schema', 'roles']);
    expect([code, JSON.parse(stdout)]).toEqual([0, JSON.parse(JSON.stringify(policyJsonSchema()))]);
  });
});
