import { LEASES_MAX, SETTLED_LEASES_MAX } from '../domain/limits.ts';
import { RecordTable } from './record-table.ts';
import { newList, NONE, SlotLinks, type SlotList } from './slot-list.ts';
import { numberOf, serialIn, slotIn, type LeaseNumber } from './slot-number.ts';

// The words of a lease. Floats take two.
/** When it was granted. Unix time in milliseconds, a float. */
export const GRANTED_AT = 0;
/** When it expires, while it is out. Unix time in milliseconds, a float. */
export const DEADLINE_AT = 2;
const SERIAL = 4;
/** Slot of its task. */
export const TASK = 5;
/** Slot of its agent. */
export const AGENT = 6;
/** OUT, REPORTED, SETTLED or ANSWERED. */
export const STATE = 7;
/** What the task was expected to take its agent. Milliseconds. */
export const EXPECTED_MS = 12;
/** The seed of its id, as its difference from the state's: 0 in what was written before it had one. */
export const SEED = 13;
const WORDS = 14;

/** With its agent, until its deadline. */
export const OUT = 1;
/** Its result waits for a verdict. */
export const REPORTED = 2;
/** Over; no result was taken. */
export const SETTLED = 3;
/** Over; what was reported under it counted, or counted against its agent. */
export const ANSWERED = 4;

/** Uses of a slot that numbers can tell apart: below 2^50 they fit into a lease's id. */
export const SERIALS = 2 ** 29;

/** All leases that are out or reported, and the last SETTLED_LEASES_MAX that are over. */
export class LeaseTable {
  readonly records = new RecordTable(WORDS);
  /** By deadline, or among those that are over. */
  readonly byTime = new SlotLinks(this.records, { previous: 8, next: 9 });
  /** Of one agent. */
  readonly ofAgent = new SlotLinks(this.records, { previous: 10, next: 11 });
  /** Leases that are out, the next to expire first. */
  readonly deadlines: SlotList = newList();
  /** Leases that are over, the oldest first: its slot is the next to be used again. */
  readonly over: SlotList = newList();
  /** Where serials begin; SERIALS / 2 or more are left, which takes years at any rate. */
  readonly firstSerial: number;

  constructor(firstSerial: number) {
    this.firstSerial = firstSerial;
  }

  /** Leases that are out or reported. */
  get open(): number {
    return this.records.count - this.over.size;
  }

  /** A slot for a new lease, in the state OUT. There must be room: see `room`. */
  allot(): number {
    const reused = this.over.size > SETTLED_LEASES_MAX || this.records.count === LEASES_MAX;
    const slot = reused ? this.over.first : this.records.grow();
    if (reused) {
      this.byTime.remove(this.over, slot);
      const serial = this.records.int(slot, SERIAL) + 1;
      this.records.setInt(slot, SERIAL, serial < SERIALS ? serial : this.firstSerial);
    } else {
      this.records.setInt(slot, SERIAL, this.firstSerial);
    }
    this.records.setInt(slot, STATE, OUT);
    return slot;
  }

  /** Remembers a lease as over. */
  release(slot: number, state: typeof SETTLED | typeof ANSWERED): void {
    this.records.setInt(slot, STATE, state);
    this.byTime.append(this.over, slot);
  }

  /** How many more may be open. */
  get room(): number {
    return LEASES_MAX - this.open;
  }

  numberOf(slot: number): LeaseNumber {
    return numberOf(slot, this.records.int(slot, SERIAL));
  }

  /** The slot of a lease, open or remembered; NONE for any other number, which may be made up. */
  find(number: LeaseNumber): number {
    const slot = slotIn(number);
    if (!(slot < this.records.count)) return NONE;
    return this.records.int(slot, SERIAL) === serialIn(number) ? slot : NONE;
  }

  /** Whether a number was ever given to a lease. */
  wasGranted(number: LeaseNumber): boolean {
    const slot = slotIn(number);
    if (!(slot < this.records.count)) return false;
    const serial = serialIn(number);
    return serial >= this.firstSerial && serial <= this.records.int(slot, SERIAL);
  }
}
