import type { HistoryRecord } from '../history.ts';

/** What was seen that must not be. */
export type Violation = {
  readonly checker: string;
  /** Virtual time in ms since the beginning. */
  readonly atMs: number;
  readonly message: string;
};

/**
 * Looks at the history alone, and says what must not be. It knows nothing of the system's state, so
 * that it cannot share the system's mistakes.
 */
export type HistoryChecker = {
  see(record: HistoryRecord): void;
  /** The history is over. */
  end?(): void;
};

/** Makes a checker that reports what it finds. */
export type MakeChecker = (report: (message: string) => void) => HistoryChecker;
