import { CONTRIBUTE } from './text.ts';

/** What the agent needs and this browser lacks, in words; empty where it can contribute. */
export function missingFeatures(): string[] {
  const { missing } = CONTRIBUTE;
  // Everything else hides itself from pages that are not secure.
  if (!isSecureContext) return [missing.secureContext];
  const present: readonly [boolean, string][] = [
    ['Worker' in globalThis, missing.worker],
    ['WebAssembly' in globalThis, missing.wasm],
    ['locks' in navigator, missing.locks],
    ['indexedDB' in globalThis, missing.database],
    ['subtle' in crypto, missing.crypto],
  ];
  return present.flatMap(([isPresent, words]) => (isPresent ? [] : [words]));
}
