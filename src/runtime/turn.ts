const atWork = new Set<string>();

/** One enforcing run of a job at a time in this process. `mine` is false while another has the turn; dispose of it to hand it on. */
export function takeTurn(job: string): Disposable & { readonly mine: boolean } {
  if (atWork.has(job)) return { mine: false, [Symbol.dispose]: () => undefined };
  atWork.add(job);
  return { mine: true, [Symbol.dispose]: () => void atWork.delete(job) };
}
