import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LAWS } from './laws.ts';
import { expectedDecision, trusts } from './oracle.ts';

test.each(LAWS)('$name, in 2,000 organisations', ({ property }) => {
  fc.assert(property as fc.IProperty<unknown>, { numRuns: 2000 });
});

test('the oracle knows that an ambiguous member never gains, and keeps no more than its best reading', () => {
  const policy = {
    order: ['noaccess', 'readonly', 'admin'],
    gate: 'none',
    rules: [{ rule: 1, when: { ldap: 'g' }, role: 'readonly' }],
  } as const;
  const person = (uid: string, ldap: readonly string[]) => ({
    uid,
    mails: ['a@x'],
    ldap,
    posix: [],
    usable: true,
    readable: true,
  });
  const people = [person('ann', ['g']), person('bob', [])];
  const at = (current: string) => {
    const member = { id: 'm', email: 'A@x', current };
    return expectedDecision(member, { members: [member], people }, { policy, isProtected: false });
  };
  expect([at('admin'), at('readonly'), at('noaccess')]).toEqual([
    { kind: 'role', role: 'readonly' },
    { kind: 'kept', why: 'ambiguous' },
    { kind: 'kept', why: 'ambiguous' },
  ]);
});

test('the oracle knows that a source that failed decides nothing, and hinders no later yes', () => {
  expect(trusts([{ ways: ['failed'] }, { ways: [true] }])).toBe('approve');
  expect(trusts([{ ways: ['failed'] }, { ways: [false] }])).toBe('undecided');
  expect(trusts([{ ways: ['off'] }, { ways: [false] }])).toBe('wait');
});
