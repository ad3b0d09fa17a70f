/** Where a command writes: results to stdout, everything for people to stderr. */
export type Terminal = {
  /** A line of the result. */
  result(text: string): void;
  /** A line for people. */
  note(text: string): void;
  /** Replaces the line at the bottom of a terminal; where there is none, does nothing. */
  status(text: string): void;
  /** Removes that line. */
  clearStatus(): void;
  /** A person sees stderr, so that a line may be rewritten. */
  readonly isInteractive: boolean;
  /** Characters that fit in a line. */
  readonly width: number;
};

type Stream = { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number };

const START_OF_LINE = '\r\u001b[K';

/** The terminal of a process, or of what stands in for its streams. */
export function openTerminal(streams: { stdout: Stream; stderr: Stream }): Terminal {
  const { stdout, stderr } = streams;
  const isInteractive = stderr.isTTY === true;
  let shown = '';
  const clearStatus = (): void => {
    if (shown !== '') stderr.write(START_OF_LINE);
    shown = '';
  };
  const line = (stream: Stream, text: string): void => {
    const status = shown;
    clearStatus();
    stream.write(`${text}\n`);
    if (status === '') return;
    stderr.write(status);
    shown = status;
  };
  return {
    result: (text) => line(stdout, text),
    note: (text) => line(stderr, text),
    status(text) {
      if (!isInteractive || text === shown) return;
      stderr.write(`${START_OF_LINE}${text}`);
      shown = text;
    },
    clearStatus,
    isInteractive,
    width: stderr.columns ?? 80,
  };
}
