import type { Decision, Explained, Subject } from '../src/engine/model.ts';
import { isChange } from '../src/engine/plan.ts';
import type { Resolved } from '../src/engine/stage-types.ts';

/** What explanations say otherwise than the decisions that they are about; nothing where they agree, rule for rule and word for word. */
export function explanationProblems<A, R>(
  { decisions }: Resolved<A, R>,
  subjects: readonly Subject<A, R>[],
  describe: (from: A, to: A) => string,
): readonly string[] {
  return decisions.flatMap((decision) => {
    const explained = subjects.filter((one) => one.decision === decision).map(({ explain }) => explain());
    const name = `${decision.label} (${decision.kind}, ${decision.because})`;
    if (explained.length === 0) return [`${name}: no explanation`];
    const why = explained.map((one) => [
      ...reasonProblems(one, decision),
      ...accessProblems(one, decision, describe),
    ]);
    return why.some((one) => one.length === 0) ? [] : why.flat().map((one) => `${name}: ${one}`);
  });
}

/** The rule that decided says so in the same words; without one, each part of the reason is said somewhere. */
function reasonProblems(
  { rules, statements }: Explained,
  { kind, rule, because, tried }: Decision<unknown>,
): readonly string[] {
  const own = rules.find((one) => one.rule === rule);
  const texts = [...statements.map(({ says }) => says), ...rules.map((one) => one.because)];
  // The gate comes first: its yes gives nothing.
  const yes = rules
    .filter(({ answer, rule: number }, index) => answer === 'yes' && (index > 0 || number === rule))
    .map((one) => one.rule);
  return [
    ...(own && !because.includes(own.because)
      ? [`rule ${rule} is explained by ${JSON.stringify(own.because)}`]
      : []),
    ...(own && own.answer !== 'yes' && own !== rules[0] ? [`rule ${rule} says ${own.answer}`] : []),
    ...(own && kind === 'approve' && yes[0] !== rule ? [`the first yes is of rule ${yes[0]}`] : []),
    ...(rule === null && kind !== 'unchanged' && !(because.startsWith('no rule trusts') && yes.length === 0)
      ? because
          .split('; ')
          .filter((part) => !texts.some((text) => text.includes(part)))
          .map((part) => `nothing says ${JSON.stringify(part)}`)
      : []),
    ...(rule !== null && !own && yes.length > 0 && !because.includes(rules[0]?.because ?? '')
      ? [`rule ${yes.join()} says yes, and rule ${rule} decides`]
      : []),
    ...(tried ?? [])
      .filter((one) => rules.find((other) => other.rule === one.rule)?.answer !== one.answer)
      .map((one) => `rule ${one.rule} was ${one.answer} when it was tried`),
  ];
}

function accessProblems<A>(
  { current, desired }: Explained,
  decision: Decision<A>,
  describe: (from: A, to: A) => string,
): readonly string[] {
  const { kind, from, to, atSignIn, needsPerson } = decision;
  const found = JSON.stringify(desired);
  const same = (access: unknown) =>
    found === JSON.stringify(access) ? [] : [`explained ${found}, decided ${JSON.stringify(access)}`];
  if (kind === 'pending-sign-in')
    return (desired as { projectRole?: string }).projectRole === atSignIn
      ? []
      : [`explained ${found}, due ${atSignIn}`];
  if (kind === 'skipped' && needsPerson?.due) {
    const due = describe(current as A, desired as A);
    return needsPerson.due.endsWith(due) ? [] : [`explained ${due}, due ${needsPerson.due}`];
  }
  return same(isChange(decision as never) ? to : from);
}
