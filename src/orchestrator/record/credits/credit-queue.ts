import type { AgentId, JobId } from '../../../domain/ids.ts';
import type { RowRange } from '../../../domain/tensor.ts';
import type { CreditsKind } from '../../../ledger/index.ts';
import type { LeaseNumber, SchedulerEffect } from '../../../scheduler/index.ts';
import { isBehind, type CreditPosition } from './credit-position.ts';

/** A task to be credited to one agent, or taken back, and where the scheduler's log says so. */
export type WaitingCredit = {
  readonly kind: CreditsKind;
  /** Behind it. */
  readonly position: CreditPosition;
  readonly job: JobId;
  readonly stage: number;
  readonly index: number;
  readonly rows: RowRange;
  readonly agent: AgentId;
  readonly checks: number;
  /** On the report that the result came in; null where it is not known any more. */
  readonly signature: Uint8Array | null;
};

/** Finds the signature on the report of a result; null where it is not at hand. */
export type SignatureOf = (lease: LeaseNumber) => Uint8Array | null;

/** Credits that are not in the record yet, in the order of the scheduler's log. */
export class CreditQueue {
  #waiting: WaitingCredit[] = [];
  readonly #counts = new Map<AgentId, number>();
  /** What the record has, at first. */
  readonly #written: CreditPosition;
  #at: CreditPosition = { event: 0, row: 0 };

  /** `written` is where the record ended when this began. */
  constructor(written: CreditPosition) {
    this.#written = written;
  }

  get size(): number {
    return this.#waiting.length;
  }

  /** Credits of a key among them; a debit counts as one too. */
  countOf(agent: AgentId): number {
    return this.#counts.get(agent) ?? 0;
  }

  /**
   * Notes what an effect credits, in the order of effects; what the record has is passed over.
   *
   * `event` is the number of its event in the scheduler's log.
   */
  note(effect: SchedulerEffect, event: number, signatureOf: SignatureOf): void {
    if (effect.kind === 'tasks-accepted') {
      for (const { agents, leases, job, stage, index, rows, checks } of effect.tasks) {
        for (const [at, agent] of agents.entries()) {
          const lease = leases[at];
          const signature = lease === undefined ? null : signatureOf(lease);
          const task = { job, stage, index, rows, checks, agent, signature };
          this.#add({ kind: 'credits', position: this.#next(event), ...task });
        }
      }
    } else if (effect.kind === 'tasks-revoked') {
      for (const { agent, job, stage, index, rows, lease } of effect.tasks) {
        const task = { job, stage, index, rows, agent, checks: 0, signature: signatureOf(lease) };
        this.#add({ kind: 'debits', position: this.#next(event), ...task });
      }
    }
  }

  /** The first of them that are of one kind, at most so many. */
  first(most: number): readonly WaitingCredit[] {
    const kind = this.#waiting[0]?.kind;
    const run = this.#waiting.slice(0, most);
    const end = run.findIndex((one) => one.kind !== kind);
    return end < 0 ? run : run.slice(0, end);
  }

  /** The first of them are in the record. */
  drop(count: number): void {
    for (const { agent } of this.#waiting.splice(0, count)) {
      const left = this.countOf(agent) - 1;
      if (left > 0) this.#counts.set(agent, left);
      else this.#counts.delete(agent);
    }
  }

  #next(event: number): CreditPosition {
    const row = this.#at.event === event ? this.#at.row + 1 : 1;
    return (this.#at = { event, row });
  }

  #add(credit: WaitingCredit): void {
    if (!isBehind(credit.position, this.#written)) return;
    this.#waiting.push(credit);
    this.#counts.set(credit.agent, this.countOf(credit.agent) + 1);
  }
}
