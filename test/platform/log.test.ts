import { describe, expect, test } from 'vitest';
import { createLog, errorFields, traceFields } from '../../src/platform/log.ts';

function recorded(level: string) {
  const lines: string[] = [];
  return { lines, log: createLog({ write: (line) => lines.push(line) }, level) };
}

describe('a log line', () => {
  test('is one JSON object, with time, severity and a message, and nothing of the machine', () => {
    const { lines, log } = recorded('info');
    log.info({ event: 'x', text: 'two\nlines' }, 'account decided');
    expect(lines).toHaveLength(1);
    expect(lines[0]?.trimEnd()).not.toContain('\n');
    const line: unknown = JSON.parse(lines[0] ?? '');
    expect(line).toEqual({
      severity: 'INFO',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      event: 'x',
      text: 'two\nlines',
      message: 'account decided',
    });
  });

  test.each([
    ['debug', 'DEBUG'],
    ['info', 'INFO'],
    ['warn', 'WARNING'],
    ['error', 'ERROR'],
    ['fatal', 'CRITICAL'],
  ] as const)('of %s has severity %s', (level, severity) => {
    const { lines, log } = recorded('trace');
    log[level]({}, 'x');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ severity });
  });

  test.each([
    ['debug', 4],
    ['info', 3],
    ['warn', 2],
    ['error', 1],
  ])('at level %s, %i of four are written', (level, count) => {
    const { lines, log } = recorded(level);
    for (const one of ['debug', 'info', 'warn', 'error'] as const) log[one]({}, 'x');
    expect(lines).toHaveLength(count);
  });
});

describe('an error as fields', () => {
  test('has its message and stack_trace', () => {
    const error = new Error('broken');
    expect(errorFields(error)).toEqual({ error: 'broken', stack_trace: error.stack });
  });

  test('that is no Error has its text and no stack', () => {
    expect(errorFields('oops')).toEqual({ error: 'oops' });
  });
});

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const w3c = (flags: string, trace = TRACE) => ({ traceparent: `00-${trace}-b7ad6b7169203331-${flags}` });
const cloud = (value: string) => ({ 'x-cloud-trace-context': value });
const fieldsOf = (headers: Readonly<Record<string, string>>, project: string | undefined = 'p') =>
  traceFields((name) => headers[name], project);
const fields = (span: string | undefined, sampled: boolean) => ({
  'logging.googleapis.com/trace': `projects/p/traces/${TRACE}`,
  ...(span ? { 'logging.googleapis.com/spanId': span } : {}),
  'logging.googleapis.com/trace_sampled': sampled,
});

describe('the trace of a request', () => {
  test.each([
    ['traceparent, sampled', w3c('01'), fields('b7ad6b7169203331', true)],
    ['traceparent, not sampled', w3c('00'), fields('b7ad6b7169203331', false)],
    ['traceparent, other flags', w3c('03'), fields('b7ad6b7169203331', true)],
    ['traceparent, only another flag', w3c('02'), fields('b7ad6b7169203331', false)],
    ['X-Cloud-Trace-Context, whole', cloud(`${TRACE}/1;o=1`), fields('0000000000000001', true)],
    [
      'X-Cloud-Trace-Context, a long span',
      cloud(`${TRACE}/18446744073709551615;o=0`),
      fields('ffffffffffffffff', false),
    ],
    ['X-Cloud-Trace-Context, without options', cloud(`${TRACE}/16`), fields('0000000000000010', false)],
    ['X-Cloud-Trace-Context, only the trace', cloud(TRACE), fields(undefined, false)],
    [
      'both: traceparent counts',
      { ...w3c('01'), ...cloud(`${'f'.repeat(32)}/1;o=0`) },
      fields('b7ad6b7169203331', true),
    ],
  ])('is joined from %s', (_, headers, expected) => {
    expect(fieldsOf(headers)).toEqual(expected);
  });

  test.each([
    ['no header', {}],
    ['a short trace', cloud('abc/1;o=1')],
    ['a trace with something behind it', cloud(`${TRACE}/1;o=1"}`)],
    ['a broken traceparent', { traceparent: 'x' }],
    ['an empty header', { traceparent: '' }],
  ])('is none with %s', (_, headers) => {
    expect(fieldsOf(headers)).toEqual({});
  });

  test.each([undefined, ''])('is none without a project: %j', (project) => {
    expect(traceFields((name) => w3c('01')[name as 'traceparent'], project)).toEqual({});
  });
});
