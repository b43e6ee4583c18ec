import { OUTCOMES } from '../../src/engine/outcome.ts';
import { ECHO_ENCODINGS } from '../sandbox/faults/echo.ts';
import { effectOf } from '../sandbox/faults/fault.ts';
import type { Cell } from './cells.ts';
import { type FaultScenario, type JobName, type ScenarioRun, startScenario } from './scenario.ts';

/** What a run without faults ends with: the state that every accepted change leads to. */
export interface Clean {
  readonly before: ReadonlyMap<string, string>;
  readonly after: ReadonlyMap<string, string>;
}

/** Runs a job once without faults. */
export async function cleanRun(job: JobName): Promise<Clean> {
  const scenario = await startScenario(job);
  try {
    const before = scenario.state();
    const { result } = await scenario.run('apply');
    if (result.report.exitCode !== 0)
      throw new Error(`the run without faults failed: ${result.report.error}`);
    return { before, after: scenario.state() };
  } finally {
    await scenario.close();
  }
}

/** What did not hold in a cell; nothing where all did. */
export interface CellResult {
  readonly cell: Cell;
  readonly broken: readonly string[];
  readonly outcome: string;
  readonly ms: number;
}

/** The time of a run whose fault takes all of it, in seconds; the longer one is for a busy machine, where other systems use up the short one. */
const SHORT_DEADLINE = 2;
const LONG_DEADLINE = 15;
const LATE = /^ended after /;
const STALLS = /stall|stays|drip|huge|bomb/;
/** Above the time of a run, in milliseconds: reading back, keeping the log, a busy machine. */
const GRACE_MS = 15_000;

const stalls = (cell: Cell) => (cell.kind === 'http' ? STALLS.test(cell.fault.name) : cell.fault.stalls);

/** Runs one cell: the fault, then a run without it. What only lacked time has a second run with more of it. */
export async function runCell(cell: Cell, clean: Clean): Promise<CellResult> {
  const first = await runOnce(cell, clean, SHORT_DEADLINE);
  const isLate = first.broken.length > 0 && (stalls(cell) || first.broken.every((one) => LATE.test(one)));
  return isLate ? runOnce(cell, clean, LONG_DEADLINE) : first;
}

async function runOnce(cell: Cell, clean: Clean, seconds: number): Promise<CellResult> {
  const scenario = await startScenario(cell.job);
  try {
    const settings = {
      ...addressOf(cell, scenario),
      ...(stalls(cell) ? { SYNC_DEADLINE_SECONDS: `${seconds}` } : {}),
    };
    inject(cell, scenario);
    const run = await scenario.run(cell.command, settings);
    const { result, ms } = run;
    const broken = [
      ...brokenBy(cell, run, scenario),
      ...brokenTime(cell, ms, seconds),
      ...brokenAccess(scenario, clean),
      ...leaksIn(run, scenario),
      ...(await notConverged(scenario, clean)),
    ];
    return { cell, broken, outcome: result.report.outcome, ms };
  } catch (error) {
    return { cell, broken: [`threw ${String(error)}`], outcome: 'threw', ms: 0 };
  } finally {
    await scenario.close();
  }
}

function inject(cell: Cell, scenario: FaultScenario): void {
  if (cell.kind === 'ldap')
    scenario.ldap.fault = { nth: cell.position, operation: cell.operation, act: cell.fault.act };
  if (cell.kind !== 'http') return;
  const { method, path, position, fault } = cell;
  scenario.servers[cell.system]?.addFault({
    method,
    path,
    ...(position === 'every' ? {} : { nth: position }),
    effect: effectOf(fault),
  });
}

function addressOf(cell: Cell, scenario: FaultScenario): Readonly<Record<string, string>> {
  const name = cell.kind === 'address' ? scenario.addresses[cell.system] : undefined;
  if (cell.kind !== 'address' || name === undefined) return {};
  return { [name]: cell.fault.address(scenario.given(name)) };
}

const STALE = /changed after the plan/;

/** An answer that is complete in itself and not true is stopped by the limits of safety, which name their setting. */
const LIES = /: (?:a row|without)|range that claims to be all/;
const LIMIT = /see SAFETY_/;

/** Words by which people know a system. */
const NAMES: Readonly<Record<string, RegExp>> = {
  growthbook: /growthbook/i,
  posix: /posix|gitiles|data\.yaml/i,
  ldap: /ldap/i,
  gitlab: /gitlab|address of the target/i,
  phabricator: /phabricator|conduit/i,
  gerrit: /gerrit/i,
  mediawiki: /wiki|audit/i,
};

function brokenBy(cell: Cell, run: ScenarioRun, scenario: FaultScenario): readonly string[] {
  const { result, output } = run;
  const { report, checks } = result;
  const isQuestion = cell.command !== 'apply' && cell.command !== 'POST';
  const wrongChecks = checks?.filter(({ ok }) => !ok) ?? [];
  const failed = report.exitCode !== 0 || wrongChecks.length > 0;
  const said = [report.error ?? '', ...wrongChecks.map(({ name, found }) => `${name}: ${found}`)].join('; ');
  return [
    ...(output.includes('"event":"error"') ? ['an unexpected error'] : []),
    ...(isQuestion && scenario.writes() > 0 ? ['a question wrote something'] : []),
    ...(report.outcome === 'source-failed' && isReadWhole(cell) && scenario.writes() > 0
      ? ['wrote after a failed read']
      : []),
    ...(failed ? brokenMessage(cell, said) : []),
    ...(cell.fault.whole && failed ? [`failed although the answer was whole: ${said.slice(0, 200)}`] : []),
    ...brokenAnswer(cell, run),
  ];
}

/** Whether nothing may be written where this is not read: Phabricator and Gerrit are asked about some accounts alone. */
const isReadWhole = ({ job, system, request }: Cell): boolean =>
  job === 'growthbook-roles' || system === 'ldap' || request === 'GET /api/v4/users';

/** A message names the system and the cause. */
function brokenMessage(cell: Cell, said: string): readonly string[] {
  // A row that is read wrongly right before its write looks as if somebody had changed it.
  if (STALE.test(said) || (LIES.test(cell.fault.name) && LIMIT.test(said))) return [];
  const isNamed = NAMES[cell.system]?.test(said) === true && said.length > 20;
  const cause = causeOf(cell);
  return [
    ...(isNamed ? [] : [`the message does not name ${cell.system}: ${said.slice(0, 200)}`]),
    ...(cause.test(said) ? [] : [`the message does not say ${cause.source}: ${said.slice(0, 300)}`]),
  ];
}

const ANYTHING = /(?:)/;

/** What a message has to say of the cause: a status, a result code, what is wrong with the address. */
function causeOf({ kind, fault }: Cell): RegExp {
  if (kind === 'address') return fault.says;
  const [, number] = /^(?:entries, then )?(?:status|result) (\d+)/.exec(fault.name) ?? [];
  return number === undefined ? ANYTHING : new RegExp(`\\b(?:${number}|0x${Number(number).toString(16)})\\b`);
}

/** The answer of a function: never a success where the run failed, and the body says which run it was. */
function brokenAnswer({ command }: Cell, { status, result }: ScenarioRun): readonly string[] {
  if (status === undefined) return [];
  const { exitCode, error, run, outcome } = result.report;
  const isSuccess = status >= 200 && status < 300;
  return [
    ...(isSuccess === (exitCode === 0) ? [] : [`status ${status}, and exit code ${exitCode}`]),
    ...(exitCode === 0 || error ? [] : ['the body does not say what failed']),
    ...(status === OUTCOMES[outcome].status ? [] : [`status ${status} for ${outcome}`]),
    ...(run.mode === 'enforce' && run.dryRun === (command === 'GET')
      ? []
      : [`the mode is ${JSON.stringify(run)}`]),
  ];
}

function brokenTime(cell: Cell, ms: number, seconds: number): readonly string[] {
  const limit = stalls(cell) ? seconds * 1000 + GRACE_MS : GRACE_MS * 2;
  return ms > limit ? [`ended after ${Math.round(ms)} ms (allowed ${limit})`] : [];
}

/** Each account has what it had, or what the rules give it. */
function brokenAccess(scenario: FaultScenario, { before, after }: Clean): readonly string[] {
  return [...scenario.state()]
    .filter(([id, access]) => access !== before.get(id) && access !== after.get(id))
    .map(([id, access]) => `${id} has access that nobody gave: ${access}`);
}

function leaksIn({ output }: ScenarioRun, { secrets }: FaultScenario): readonly string[] {
  const forms = secrets.flatMap((secret) =>
    Object.entries(ECHO_ENCODINGS).map(([name, write]) => [name, write(secret)]),
  );
  const found = forms.find(([, form]) => form !== undefined && output.includes(form));
  return found ? [`a secret came out (${found[0]})`] : [];
}

/** The next run without the fault ends as if there had been none. */
async function notConverged(scenario: FaultScenario, { after }: Clean): Promise<readonly string[]> {
  for (const server of Object.values(scenario.servers)) server.clearFaults();
  scenario.ldap.fault = undefined;
  const { result } = await scenario.run('apply');
  const wrong = [...scenario.state()].filter(([id, access]) => access !== after.get(id));
  return [
    ...(result.report.exitCode === 0 ? [] : [`the next run failed: ${result.report.error}`]),
    ...wrong.map(([id]) => `${id} is not as the rules say after the next run`),
  ];
}
