/**
 * The choice that is fastest on this device, by its fastest try; the first one where they tie.
 *
 * Choices are tried in turn for about `forMs`, and at least once each: an engine compiles what is hot
 * anew, in the background, and the first tries are of what it compiled first.
 */
export function fastestOf<Choice>(
  choices: readonly [Choice, ...Choice[]],
  { attempt, forMs }: { readonly attempt: (choice: Choice) => void; readonly forMs: number },
): Choice {
  const fastestMs = choices.map(() => Infinity);
  const startedAtMs = performance.now();
  let endedAtMs = startedAtMs;
  do {
    for (const [index, choice] of choices.entries()) {
      const begunAtMs = performance.now();
      attempt(choice);
      endedAtMs = performance.now();
      fastestMs[index] = Math.min(fastestMs[index] ?? Infinity, endedAtMs - begunAtMs);
    }
  } while (endedAtMs - startedAtMs < forMs);
  return choices[fastestMs.indexOf(Math.min(...fastestMs))] ?? choices[0];
}
