// Loaded before the program: on SIGUSR2 the process allocates until V8 ends it.
process.on('SIGUSR2', () => {
  const kept: number[][] = [];
  for (;;) kept.push(new Array<number>(1_000_000).fill(kept.length + 0.5));
});
