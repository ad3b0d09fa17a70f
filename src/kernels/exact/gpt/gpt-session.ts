import type { Outcome } from '../../../domain/outcome.ts';

/** One sequence through an exact GPT on one backend; the same logits on all of them. */
export interface GptSession {
  /** Tokens so far. */
  readonly length: number;
  /**
   * Appends tokens to the sequence and returns their logits [tokens, vocabulary]; one token a call
   * decodes, many fill. However a sequence is cut into calls, its logits are the same.
   *
   * Errors: input_invalid (no tokens, or one outside the vocabulary), limit_exceeded (longer than
   * the context), out_of_memory, device_lost, execution_failed. After input_invalid and
   * limit_exceeded the sequence is as it was.
   */
  forward(tokens: readonly number[]): Promise<Outcome<Int32Array>>;
  /** Begins a new sequence; for when no call runs. */
  restart(): void;
  close(): void;
}
