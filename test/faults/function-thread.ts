import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { parentPort } from 'node:worker_threads';
import { http } from '@google-cloud/functions-framework';
import { getTestServer } from '@google-cloud/functions-framework/testing';
import type { RunContext } from '../../src/app/run-job.ts';
import { httpFunction } from '../../src/http/function.ts';
import { jobs, knownSettings } from '../../src/jobs/registry.ts';
import { sharedClock } from './clock.ts';
import type { FunctionCall } from './function-host.ts';
import { trustAuthorities } from './tls.ts';

// The thread of `startFunctionHost`: one request at a time.
let now: RunContext | undefined;
let origin: Promise<string> | undefined;

async function listen({ job: name, authorities }: FunctionCall): Promise<string> {
  trustAuthorities(authorities);
  const job = jobs.find((one) => one.name === name);
  if (!job) throw new Error(`no job has the name ${name}`);
  http(
    job.functionName,
    httpFunction(job, () => {
      if (!now) throw new Error('no request is at work');
      return now;
    }),
  );
  const server = getTestServer(job.functionName);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

parentPort?.on('message', async (call: FunctionCall) => {
  const { method, environment, time } = call;
  const lines: string[] = [];
  const log = { write: (line: string) => void lines.push(line) };
  now = { environment, clock: sharedClock(time), log, known: knownSettings };
  origin ??= listen(call);
  const answer = await fetch(await origin, { method });
  parentPort?.postMessage({ status: answer.status, text: await answer.text(), lines });
});
