/** What was accepted in one second. */
export type ThroughputSecond = {
  readonly atMs: number;
  readonly tasksAccepted: number;
  readonly rowsAccepted: number;
};

/** Counts what is accepted, second by second, and remembers the last minute. */
export type Throughput = {
  /** Counts below zero take back what was revoked. */
  add(nowMs: number, of: { readonly taskCount: number; readonly rowCount: number }): void;
  /** Tasks accepted since the store was made. */
  total(): number;
  /** The last 60 whole seconds, oldest first. */
  lastMinute(nowMs: number): readonly ThroughputSecond[];
};

const SECONDS = 60;

export function measureThroughput(totalBefore: number): Throughput {
  const seconds = new Map<number, { tasks: number; rows: number }>();
  let total = totalBefore;
  return {
    add(nowMs, { taskCount, rowCount }) {
      total += taskCount;
      const second = Math.floor(nowMs / 1000);
      const counted = seconds.get(second) ?? { tasks: 0, rows: 0 };
      counted.tasks += taskCount;
      counted.rows += rowCount;
      seconds.set(second, counted);
      // In the order of time: those behind the minute are first.
      for (const old of seconds.keys()) {
        if (old >= second - SECONDS) break;
        seconds.delete(old);
      }
    },
    total: () => total,
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
