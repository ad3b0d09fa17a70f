/** CPU milliseconds of one call of `work`, over as many calls as take `leastMs` together. */
export async function cpuMsOf(work: () => unknown, leastMs: number): Promise<number> {
  const before = process.cpuUsage();
  for (let calls = 1; ; calls++) {
    await work();
    const { user, system } = process.cpuUsage(before);
    const ms = (user + system) / 1000;
    if (ms >= leastMs) return ms / calls;
  }
}
