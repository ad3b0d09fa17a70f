import { slotIn, type LeaseNumber } from '../../scheduler/index.ts';
import type { TaskOutput } from '../../domain/work.ts';

type Remembered = {
  readonly lease: LeaseNumber;
  readonly output: TaskOutput;
  readonly byteLength: number;
};

/**
 * Outputs by lease, the oldest first to go.
 *
 * They lie by the slots of their leases, and not in a Map: one that is emptied as fast as it is
 * filled is made anew again and again, and what was in its former tables is then kept by them until
 * all memory is collected.
 * Limits: as many as there are slots of leases; of two in one slot the older is over, and goes.
 */
export class RememberedOutputs {
  readonly #bySlot: (Remembered | null)[] = [];
  /** Leases in the order of coming; some are forgotten already. */
  #order: LeaseNumber[] = [];
  #head = 0;
  #count = 0;
  /** Of all outputs that are remembered. */
  byteLength = 0;

  get(lease: LeaseNumber): TaskOutput | null {
    return this.#find(lease)?.output ?? null;
  }

  has(lease: LeaseNumber): boolean {
    return this.#find(lease) !== null;
  }

  add(remembered: Remembered): void {
    const { lease, byteLength } = remembered;
    const slot = slotIn(lease);
    const former = this.#bySlot[slot] ?? null;
    if (former !== null) this.forget(former.lease);
    while (this.#bySlot.length < slot) this.#bySlot.push(null);
    this.#bySlot[slot] = remembered;
    this.#order.push(lease);
    this.#count += 1;
    this.byteLength += byteLength;
  }

  forget(lease: LeaseNumber): void {
    const known = this.#find(lease);
    if (known === null) return;
    this.#bySlot[slotIn(lease)] = null;
    this.#count -= 1;
    this.byteLength -= known.byteLength;
    // A list that is mostly of the forgotten is made anew: each is passed once.
    if (this.#order.length - this.#head < 2 * this.#count + ORDER_LEFT_MAX) return;
    this.#order = this.#order.slice(this.#head).filter((one) => this.has(one));
    this.#head = 0;
  }

  /** Forgets the oldest ones until the rest has at most so many bytes. */
  shrink(bytesMax: number): void {
    while (this.byteLength > bytesMax && this.#head < this.#order.length) {
      const oldest = this.#order[this.#head];
      this.#head += 1;
      if (oldest !== undefined) this.forget(oldest);
    }
  }

  #find(lease: LeaseNumber): Remembered | null {
    const known = this.#bySlot[slotIn(lease)] ?? null;
    return known !== null && known.lease === lease ? known : null;
  }
}

const ORDER_LEFT_MAX = 4_096;
