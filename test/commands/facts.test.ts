import { expect, test } from 'vitest';
import { muster } from '../muster.ts';

test.each(['apply', 'check', 'history'])(
  '%s refuses --facts and names the commands that take it',
  async (command) => {
    const { code, stdout, stderr } = await muster(['growthbook-roles', command, '--facts', 'facts.json']);
    expect([code, stdout]).toEqual([4, '']);
    expect(stderr).toContain(`${command}: found --facts, which plan, explain, what-if and compare take`);
  },
);
