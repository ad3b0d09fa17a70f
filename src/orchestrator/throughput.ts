/** What was accepted in one second. */
export type ThroughputSecond = {
  readonly atMs: number;
  readonly tasksAccepted: number;
  readonly rowsAccepted: number;
};

/** Counts what is accepted, second by second, and remembers the last minute. */
export type Throughput = {
  add(nowMs: number, rowCount: number): void;
  /** The last 60 whole seconds and this one's beginning left out, oldest first. */
  lastMinute(nowMs: number): readonly ThroughputSecond[];
};

const SECONDS = 60;

export function measureThroughput(): Throughput {
  const seconds = new Map<number, { tasks: number; rows: number }>();
  return {
    add(nowMs, rowCount) {
      const second = Math.floor(nowMs / 1000);
      const counted = seconds.get(second) ?? { tasks: 0, rows: 0 };
      counted.tasks += 1;
      counted.rows += rowCount;
      seconds.set(second, counted);
      // In the order of time: those behind the minute are first.
      for (const old of seconds.keys()) {
        if (old >= second - SECONDS) break;
        seconds.delete(old);
      }
    },
    lastMinute(nowMs) {
      const last = Math.floor(nowMs / 1000) - 1;
      return Array.from({ length: SECONDS }, (_, index) => {
        const second = last - (SECONDS - 1) + index;
        const counted = seconds.get(second);
        return {
          atMs: second * 1000,
          tasksAccepted: counted?.tasks ?? 0,
          rowsAccepted: counted?.rows ?? 0,
        };
      });
    },
  };
}
