import { describe, expect, it } from 'vitest';
import { jobs, knownSettings } from '../../src/jobs/registry.ts';
import { moduleFile, terraformFile } from './signals.ts';

const settings = jobs.flatMap(({ settings: spec }) => Object.entries(spec));
const variables = moduleFile('variables.tf');

/** The part of the example between a job's name and the brace that ends it. */
const exampleOf = (job: string) =>
  terraformFile('terraform.tfvars.example').split(`\n  ${job} = {`)[1]?.split('\n  }\n')[0] ?? '';

const namesIn = (text: string) => [...text.matchAll(/^\s+([A-Z][A-Z0-9_]+)\s+=/gm)].map(([, name]) => name);

describe('the settings that terraform hands over', () => {
  it('are refused among the plain ones exactly where the code calls them secret', () => {
    const rule = /!can\(regex\("\(([A-Z|]+)\)\$"/.exec(variables)?.[1];
    const looksSecret = new RegExp(`(${rule})$`);
    for (const [name, { secret }] of settings) expect(looksSecret.test(name), name).toBe(secret);
  });

  it('are known to the code where terraform sets them itself', () => {
    const own = /\["(MODE.*)"\],/.exec(variables)?.[1]?.split('", "') ?? [];
    expect(own.length).toBe(6);
    for (const name of own) expect(knownSettings).toContain(name);
  });
});

describe('terraform.tfvars.example', () => {
  it.each(jobs)('has an entry for $name, with settings that this job reads', ({ name, settings: spec }) => {
    const names = namesIn(exampleOf(name));
    expect(names.length).toBeGreaterThan(0);
    for (const found of names) expect(Object.keys(spec)).toContain(found);
  });

  it.each(jobs)('gives $name every setting that it can not do without', ({ name, settings: spec }) => {
    const needed = Object.entries(spec).filter(([, { required }]) => required);
    expect(namesIn(exampleOf(name))).toEqual(expect.arrayContaining(needed.map(([setting]) => setting)));
  });

  it.each(jobs)('puts the secrets of $name, and nothing else, under secrets', ({ name, settings: spec }) => {
    const [plain = '', secrets = ''] = exampleOf(name).split('secrets = {');
    for (const found of namesIn(plain)) expect(spec[found ?? '']?.secret, found).toBe(false);
    for (const found of namesIn(secrets)) expect(spec[found ?? '']?.secret, found).toBe(true);
  });
});
