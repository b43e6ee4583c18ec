/**
 * Runs `work` so that SIGTERM does not end the process before it: `work` receives a signal to stop, and the process ends
 * when the last request at work has been answered.
 */
export async function withGracefulStop<T>(work: (stop: AbortSignal) => Promise<T>): Promise<T> {
  if (atWork === 0) {
    postponed = process.listeners(SIGNAL);
    process.removeAllListeners(SIGNAL);
    process.on(SIGNAL, requestStop);
  }
  atWork += 1;
  try {
    return await work(stop.signal);
  } finally {
    atWork -= 1;
    if (atWork === 0) {
      process.removeListener(SIGNAL, requestStop);
      for (const listener of postponed) process.on(SIGNAL, listener);
      if (stop.signal.aborted) process.kill(process.pid, SIGNAL);
    }
  }
}

/** Milliseconds after SIGTERM for work that has to be finished. Cloud Run ends the process after ten seconds. */
const GRACE_MS = 8000;

const SIGNAL = 'SIGTERM';
const stop = new AbortController();
const requestStop = () => stop.abort(GRACE_MS);

/** The framework's listeners, which end the process at once. They are called when no request is running any more. */
let postponed: readonly NodeJS.SignalsListener[] = [];
let atWork = 0;
