/** Crashes on a broken invariant: a bug, never an expected failure. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`broken invariant: ${message}`);
}

/** Ends a switch over a union: a case that was forgotten fails to compile. */
export function assertNever(value: never): never {
  throw new Error(`broken invariant: unexpected case ${String(value)}`);
}
