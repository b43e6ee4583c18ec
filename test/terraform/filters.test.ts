import { describe, expect, it } from 'vitest';
import { EVENTS } from '../../src/engine/log-events.ts';
import { attempt, capturedLines, entryOf, type Line } from './lines.ts';
import { compileFilter, type Entry, fieldOf } from './logging-filter.ts';
import { METRICS } from './names.ts';
import { readSignals } from './signals.ts';

const { metrics, alerts } = readSignals();
const CHANGES = ['revoke', 'downgrade', 'upgrade', 'grant', 'approve'];
const FAILED = ['failed', 'source-failed', 'deadline', 'invalid-settings'];

const lines = (await capturedLines()).map((line) => ({
  line,
  entry: entryOf(line, `muster-${String(line.job)}`),
}));

const selectedBy = (filter: string) => {
  const test = compileFilter(filter);
  return lines.filter(({ entry }) => test(entry)).map(({ line }) => line);
};

const isEvent = (event: string) => (line: Line) => line.event === event;
const isCounted: Readonly<Record<string, (line: Line) => boolean>> = {
  [EVENTS.runCompleted]: isEvent(EVENTS.runCompleted),
  [EVENTS.decision]: (line) => isEvent(EVENTS.decision)(line) && CHANGES.includes(String(line.kind)),
  [EVENTS.writeRepeated]: isEvent(EVENTS.writeRepeated),
};

describe('the filters of metrics', () => {
  it.each(Object.entries(METRICS))(
    '%s selects the lines that hold its figure, and no others',
    (name, metric) => {
      const wanted = lines
        .map(({ line }) => line)
        .filter((line) => isCounted[metric.event]?.(line))
        .filter((line) => !metric.value || fieldOf(line, metric.value) !== undefined);
      expect(wanted.length).toBeGreaterThan(0);
      expect(wanted.length).toBeLessThan(lines.length);
      expect(selectedBy(metrics[name]?.filter ?? '')).toEqual(wanted);
    },
  );

  it.each(Object.entries(metrics))('%s finds its labels and its number in every line', (_, metric) => {
    for (const line of selectedBy(metric.filter)) {
      for (const label of metric.labels) expect(fieldOf(line, label), label).toEqual(expect.any(String));
      if (metric.value) expect(fieldOf(line, metric.value)).toEqual(expect.any(Number));
    }
  });

  it('count a run once under each outcome that a run can have', () => {
    const outcomes = selectedBy(metrics.runs?.filter ?? '').map(({ outcome }) => outcome);
    expect(new Set(outcomes)).toEqual(
      new Set(['unchanged', 'planned', 'applied', 'skipped', 'refused', 'invalid-request', ...FAILED]),
    );
  });
});

describe('the filters of alerts on lines', () => {
  const selected = (name: string) => selectedBy(alerts[name]?.filter ?? '');
  const completedAs = (outcomes: readonly string[]) =>
    lines
      .map(({ line }) => line)
      .filter((line) => isEvent(EVENTS.runCompleted)(line) && outcomes.includes(String(line.outcome)));

  it('select every run that failed, and no run that succeeded, was skipped, was refused or was never one', () => {
    expect(new Set(selected('run_failed').map(({ outcome }) => outcome))).toEqual(new Set(FAILED));
    expect(selected('run_failed')).toEqual(completedAs(FAILED));
  });

  it('select an unknown outcome', () => {
    const line = { job: 'growthbook-roles', event: EVENTS.runCompleted, outcome: 'exploded' };
    expect(compileFilter(alerts.run_failed?.filter ?? '')(entryOf(line, 'muster-growthbook-roles'))).toBe(
      true,
    );
  });

  it('select a refused plan', () => {
    expect(selected('plan_refused')).toEqual(completedAs(['refused']));
    expect(selected('plan_refused').length).toBeGreaterThan(0);
  });

  it('select a lost write', () => {
    expect(selected('lost_write').length).toBeGreaterThan(0);
    expect(selected('lost_write').every(isEvent(EVENTS.writeRepeated))).toBe(true);
  });

  it.each(Object.entries(alerts).filter(([, { from }]) => from === 'function'))(
    '%s finds the fields of its text in its lines',
    (name, { labels = [] }) => {
      for (const line of selected(name))
        for (const label of labels) expect(Object.keys(line), name).toContain(label);
    },
  );

  it.each([
    [200, false],
    [403, true],
    [404, true],
    [409, false],
    [429, true],
    [500, true],
    [502, true],
    [503, true],
    [504, true],
  ])('select a scheduler that got %i: %s', (status, selected) => {
    const entry: Entry = attempt('muster-growthbook-roles', status);
    expect(compileFilter(alerts.scheduler_failed?.filter ?? '')(entry)).toBe(selected);
  });
});
