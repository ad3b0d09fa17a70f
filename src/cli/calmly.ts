/**
 * Passes values on at most once in a while: the first at once, then always the newest.
 *
 * `end` passes on what is still held back, and no more.
 */
export function calmly<Value>(
  intervalMs: number,
  tell: (value: Value) => void,
): { tell(value: Value): void; end(): void } {
  let held: { value: Value } | null = null;
  let timer: NodeJS.Timeout | null = null;
  const pass = (): void => {
    timer = null;
    if (held === null) return;
    const { value } = held;
    held = null;
    timer = setTimeout(pass, intervalMs);
    tell(value);
  };
  return {
    tell(value) {
      held = { value };
      if (timer === null) pass();
    },
    end() {
      if (timer !== null) clearTimeout(timer);
      pass();
      if (timer !== null) clearTimeout(timer);
    },
  };
}
