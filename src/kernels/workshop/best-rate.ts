/** How long a loop runs at least for a time to be taken of it. Milliseconds. */
const LOOP_MS = 40;
const TRIES = 3;

/**
 * What a loop does a second by the wall, the best of some tries; it returns how much it did.
 *
 * Turns are doubled until they last.
 */
export async function bestRate(
  loop: (turns: number) => number | Promise<number>,
  of: { readonly firstTurns: number; readonly nowMs: () => number },
): Promise<number> {
  let [turns, most] = [of.firstTurns, 0];
  for (let tries = 0; tries < TRIES;) {
    const beganMs = of.nowMs();
    const count = await loop(turns);
    const tookMs = of.nowMs() - beganMs;
    if (tookMs < LOOP_MS) {
      turns *= 2;
      continue;
    }
    most = Math.max(most, (count / tookMs) * 1_000);
    tries++;
  }
  return most;
}
