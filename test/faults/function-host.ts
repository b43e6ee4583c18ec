import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { trustedAuthorities } from './tls.ts';

/** One request to a job's function. */
export interface FunctionCall {
  readonly job: string;
  readonly method: 'GET' | 'POST';
  readonly environment: Readonly<Record<string, string>>;
  readonly time: SharedArrayBuffer;
  /** Authorities of TLS that it trusts, from its first call on. */
  readonly authorities: readonly string[];
}

/** What came out of it. */
export interface FunctionAnswer {
  readonly status: number;
  readonly text: string;
  readonly lines: readonly string[];
}

/**
 * A thread in which the functions-framework serves one job. It is apart from the fake servers: a function takes the content type from
 * every request that its process receives.
 */
export function startFunctionHost() {
  const worker = new Worker(new URL('function-thread.ts', import.meta.url), { execArgv: [] });
  return {
    call: async (asked: Omit<FunctionCall, 'authorities'>): Promise<FunctionAnswer> => {
      const call: FunctionCall = { ...asked, authorities: trustedAuthorities() };
      worker.postMessage(call);
      const [answer] = (await once(worker, 'message')) as [FunctionAnswer];
      return answer;
    },
    close: async () => void (await worker.terminate()),
  };
}
