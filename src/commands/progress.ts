import type { Progress } from '../engine/run-types.ts';
import type { Clock } from '../platform/clock.ts';
import type { LogSink } from '../platform/log.ts';

/** A line on the terminal that shows what a run is doing. It is drawn again below each log line. */
export interface ProgressLine {
  readonly log: LogSink;
  update(progress: Progress): void;
  end(): void;
}

const INTERVAL_MS = 200;

/** Starts the line. Without a terminal on stderr there is none. */
export function startProgress(what: string, clock: Clock): ProgressLine {
  if (!process.stderr.isTTY) return { log: 2, update: () => undefined, end: () => undefined };
  const startedAt = clock.monotonic();
  let latest: Progress = {};
  const clear = () => process.stderr.write('\r\u001b[K');
  const show = () => {
    const seconds = Math.round((clock.monotonic() - startedAt) / 1000);
    process.stderr.write(`\r\u001b[K${what} · ${progressText(latest, clock.monotonic())} · ${seconds} s`);
  };
  const timer = setInterval(show, INTERVAL_MS);
  const end = () => {
    clearInterval(timer);
    clear();
  };
  const write = (line: string) => {
    clear();
    process.stderr.write(line);
  };
  const update = (progress: Progress) => {
    latest = { ...latest, ...progress };
  };
  return { log: { write }, update, end };
}

/** `7 of 40 written · waiting 12 s for GrowthBook's rate limit · about 1 min 50 s left`. `now` is by the monotonic clock. */
export function progressText({ writes, wait }: Progress, now: number): string {
  const parts = [
    ...(writes ? [`${writes.done} of ${writes.total} written`] : ['reading']),
    ...(wait && wait.until > now ? [`waiting ${seconds(wait.until - now)} for ${wait.reason}`] : []),
    ...(writes && writes.done > 0 && writes.done < writes.total
      ? [`about ${seconds(((now - writes.startedAt) / writes.done) * (writes.total - writes.done))} left`]
      : []),
  ];
  return parts.join(' · ');
}

function seconds(ms: number): string {
  const whole = Math.max(1, Math.ceil(ms / 1000));
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
