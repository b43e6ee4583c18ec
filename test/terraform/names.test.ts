import { describe, expect, it } from 'vitest';
import { EVENTS } from '../../src/engine/log-events.ts';
import { ALERTS, METRICS } from './names.ts';
import { moduleFile, readSignals } from './signals.ts';

const { metrics, alerts } = readSignals();

describe('the names that code and terraform share', () => {
  it('are the same for every metric: its name, its labels, and the field that it reads', () => {
    const theirs = Object.fromEntries(
      Object.entries(metrics).map(([name, { labels, value }]) => [name, { labels, value }]),
    );
    const ours = Object.fromEntries(
      Object.entries(METRICS).map(([name, { labels, value }]) => [name, { labels, value }]),
    );
    expect(theirs).toEqual(ours);
  });

  it.each(Object.entries(METRICS))('name the event that the metric %s counts', (name, { event, value }) => {
    const filter = metrics[name]?.filter ?? '';
    expect(filter.startsWith(`jsonPayload.event="${event}"`)).toBe(true);
    if (value) expect(filter).toContain(`jsonPayload.${value}:*`);
  });

  it('are the same for every alert', () => {
    const titles = Object.fromEntries(Object.entries(alerts).map(([name, { title }]) => [name, title]));
    expect(titles).toEqual(ALERTS);
  });

  it('use no event in an alert that the code does not write', () => {
    const used = Object.values(alerts).flatMap(({ filter = '' }) =>
      [...filter.matchAll(/jsonPayload\.event="([^"]+)"/g)].map(([, event]) => event),
    );
    expect(used.length).toBeGreaterThan(0);
    expect(Object.values(EVENTS)).toEqual(expect.arrayContaining(used));
  });
});

describe('the alerts that watch a metric', () => {
  it.each(Object.entries(alerts).filter(([, { filter }]) => !filter))(
    '%s has a condition in alerts.tf',
    (name) => {
      expect(moduleFile('alerts.tf')).toContain(`"\${name}/${name}" = {`);
    },
  );

  it('compare labels that the metric of runs has, and the kind of resource', () => {
    const [, queries = ''] = moduleFile('alerts.tf').split('  runs = {');
    const used = [...queries.matchAll(/\b(\w+)=~?\\"/g)].map(([, label]) => label);
    expect(new Set(used)).toEqual(new Set([...(METRICS.runs?.labels ?? []), 'monitored_resource']));
  });
});

describe('the steps of each alert', () => {
  it.each(Object.keys(ALERTS))('%s: what happened, what to do, what never to do', (name) => {
    const headings = [...moduleFile(`alerts/${name}.md`).matchAll(/^## (.+)$/gm)].map(([, title]) => title);
    expect(headings).toEqual(['What happened', 'What to do', 'Never']);
  });

  it.each(Object.entries(alerts))(
    '%s tell only labels of the line that the alert takes out of it',
    (name, { labels = [] }) => {
      const shown = [...moduleFile(`alerts/${name}.md`).matchAll(/log\.extracted_label\.(\w+)/g)].map(
        ([, label]) => label,
      );
      expect(labels).toEqual(expect.arrayContaining([...new Set(shown)]));
    },
  );
});
