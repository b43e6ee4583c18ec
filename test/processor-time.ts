/** Processor time of this thread so far, in milliseconds: what other programs do at the same time does not count. */
export function processorMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
