/** CPU time of one call, over as many as take so long that the clock is fine enough. Milliseconds. */
export async function cpuMs(run: () => unknown, atLeastMs: number): Promise<number> {
  const before = process.cpuUsage();
  let calls = 0;
  let usedMs = 0;
  while (usedMs < atLeastMs) {
    await run();
    calls++;
    const { user, system } = process.cpuUsage(before);
    usedMs = (user + system) / 1000;
  }
  return usedMs / calls;
}
