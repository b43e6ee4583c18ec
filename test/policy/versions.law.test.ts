import fc from 'fast-check';
import { expect, test } from 'vitest';
import { policyAt } from '../../src/policy/dated-policy.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import { parsePolicy } from '../../src/policy/policy-document.ts';

/** A policy of version 1, and how it was always read. */
interface VersionOne {
  readonly order: readonly string[];
  readonly gate: { readonly rule: number; readonly posix: string };
  readonly rules: readonly {
    readonly rule: number;
    readonly ldap: string;
    readonly anyPosix?: readonly string[];
    readonly role: string;
  }[];
  readonly otherwise: { readonly rule: number };
}

interface Person {
  readonly refusal: string | undefined;
  readonly ldap: ReadonlySet<string>;
  readonly posix: ReadonlySet<string>;
}

/** The decision of version 1, written down apart from the code. */
function expected({ order, gate, rules, otherwise }: VersionOne, person: Person) {
  const none = (rule: number, because: string) => ({ role: 'noaccess', rule, because, groups: [] });
  if (person.refusal) return none(gate.rule, person.refusal);
  if (!person.posix.has(gate.posix)) return none(gate.rule, `ann is not in POSIX ${gate.posix}`);
  const matching = rules.filter(
    ({ ldap, anyPosix }) =>
      person.ldap.has(ldap) && (!anyPosix || anyPosix.some((name) => person.posix.has(name))),
  );
  const best = matching.toSorted((a, b) => order.indexOf(b.role) - order.indexOf(a.role))[0];
  if (!best) return none(otherwise.rule, 'ann matches no rule');
  const posix = (best.anyPosix ?? []).filter((name) => person.posix.has(name));
  const and = best.anyPosix ? ` and in POSIX ${posix.join(', ')}` : '';
  return {
    role: best.role,
    rule: best.rule,
    because: `ann is in LDAP ${best.ldap}${and}`,
    groups: [...new Set([`ldap:${best.ldap}`, ...[...posix, gate.posix].map((name) => `posix:${name}`)])],
  };
}

const LDAP = ['a', 'b', 'c', 'd'];
const POSIX = ['p', 'q', 'r', 's'];
const ROLES = ['readonly', 'analyst', 'engineer', 'admin'];

const versionOne = fc
  .record({
    order: fc.shuffledSubarray(ROLES, { minLength: 4 }),
    gate: fc.constantFrom(...POSIX),
    ldap: fc.shuffledSubarray(LDAP, { minLength: 1 }),
    anyPosix: fc.array(fc.option(fc.shuffledSubarray(POSIX, { minLength: 1 }), { nil: undefined }), {
      minLength: 4,
      maxLength: 4,
    }),
    roles: fc.array(fc.constantFrom(...ROLES), { minLength: 4, maxLength: 4 }),
    numbers: fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 6, maxLength: 6 }),
  })
  .map(({ order, gate, ldap, anyPosix, roles, numbers }): VersionOne => {
    const [first = 1, last = 2, ...others] = numbers;
    return {
      order: ['noaccess', ...order],
      gate: { rule: first, posix: gate },
      rules: ldap.map((group, n) => ({
        rule: others[n] ?? 0,
        ldap: group,
        ...(anyPosix[n] ? { anyPosix: anyPosix[n] } : {}),
        role: roles[n] ?? '',
      })),
      otherwise: { rule: last },
    };
  });

/** The same policy as a person would write it in version 2. */
const versionTwo = ({ order, gate, rules, otherwise }: VersionOne) => ({
  order,
  gate: { rule: gate.rule, when: { posix: gate.posix } },
  rules: rules.map(({ rule, ldap, anyPosix, role }) => ({
    rule,
    role,
    when: anyPosix ? { all: [{ ldap }, { any: anyPosix.map((posix) => ({ posix })) }] } : { ldap },
  })),
  otherwise,
});

const person = fc.record({
  refusal: fc.option(fc.constant('ann is disabled in LDAP'), { nil: undefined, freq: 9 }),
  ldap: fc.subarray(LDAP).map((names) => new Set(names)),
  posix: fc.subarray(POSIX).map((names) => new Set(names)),
});

test('a document of version 1 and its form in version 2 decide as version 1 always did', () => {
  fc.assert(
    fc.property(versionOne, fc.array(person, { minLength: 1, maxLength: 20 }), (document, people) => {
      const policies = [document, versionTwo(document)].map((one) =>
        policyAt(parsePolicy(JSON.stringify(one)), 0),
      );
      for (const one of people) {
        const sources = {
          ldap: { asked: new Set(LDAP), in: one.ldap },
          posix: { asked: new Set(POSIX), in: one.posix },
        };
        for (const policy of policies) {
          const { answers: _, ...decision } = evaluate(policy, { uid: 'ann', refusal: one.refusal, sources });
          expect(decision).toEqual({ ...expected(document, one), unknown: null });
        }
      }
    }),
    { numRuns: 500 },
  );
});
