import { LEASES_MAX } from '../domain/limits.ts';
import { RecordTable } from './record-table.ts';
import { newList, NONE, SlotLinks, type SlotList } from './slot-list.ts';
import { numberOf, serialIn, slotIn, type TaskNumber } from './slot-number.ts';

// The words of a task. Floats take two. A word that names a slot holds NONE where there is none.
/** Its first row, a float. */
export const START = 0;
/** Since when it waits for an agent. Unix time in milliseconds, a float. */
export const SINCE = 2;
/** Its rows. */
export const ROWS = 4;
/** Slot of its job. */
export const JOB = 5;
/** Slot of the lease that is out. */
export const LEASE = 6;
/** Slot of a second lease that is out, to outrun the first. */
export const HEDGE = 7;
/** Slots of the leases whose results wait for a verdict, of different agents. */
export const FIRST_RESULT = 8;
export const SECOND_RESULT = 9;
const SERIAL = 10;
/** Which check is under way: NO_CHECK, RECOMPUTE_SHARE, RECOMPUTE_ALL, COMPARE or ADAPTIVE. */
export const CHECK = 13;
/** Number of the queue in which it waits; NONE while it does not. */
export const QUEUE = 18;
/** Its place among the tasks that its stage was cut into. */
export const INDEX = 19;
/** Sum of OPINION_WAITS, OPINION_OVERDUE, HEDGED and VERIFIED. */
export const FLAGS = 20;
/** Which list of lone tasks it is on; NONE while it is on none. */
export const KIND = 21;
/** Since when its first result waits for a second opinion. Unix time in milliseconds, a float. */
export const OPINION_SINCE = 22;
const WORDS = 24;
/** Keeps the uses of a slot within 31 bits. */
const SERIALS_MASK = 0x7fff_ffff;

export const NO_CHECK = 0;
/** The share of the rows that its job wants. */
export const RECOMPUTE_SHARE = 1;
export const RECOMPUTE_ALL = 2;
export const COMPARE = 3;
/** As the shell's policy has it. */
export const ADAPTIVE = 4;

/** Its first result waits for a second agent until SECOND_OPINION_MS are over. */
export const OPINION_WAITS = 1;
/** Nobody gave the second opinion in time: the next that is lost is not waited for. */
export const OPINION_OVERDUE = 2;
/** It was given to a second agent once. */
export const HEDGED = 4;
/** Its first result was verified completely, and waits for a second as its known answer. */
export const VERIFIED = 8;

/** All tasks between their first lease and their end. */
export class TaskTable {
  readonly records = new RecordTable(WORDS);
  /** In the queue in which it waits, or among the free slots. */
  readonly inQueue = new SlotLinks(this.records, { previous: 11, next: 12 });
  /** On a list of lone tasks: in the same words, since no such task waits. */
  readonly alone = this.inQueue;
  /** Among the tasks that wait for a second opinion. */
  readonly byOpinion = new SlotLinks(this.records, { previous: 14, next: 15 });
  /** Among the open tasks of its job, the one leased longest ago first. */
  readonly ofJob = new SlotLinks(this.records, { previous: 16, next: 17 });
  readonly free: SlotList = newList();

  get open(): number {
    return this.records.count - this.free.size;
  }

  get isFull(): boolean {
    return this.open >= LEASES_MAX;
  }

  /** A slot for a new task that is nowhere yet. There must be room: see `isFull`. */
  allot(): number {
    const { records } = this;
    const slot = this.free.size > 0 ? this.free.last : records.grow();
    if (this.free.size > 0) this.inQueue.remove(this.free, slot);
    // A verdict is never as old as all numbers of a slot.
    records.setInt(slot, SERIAL, (records.int(slot, SERIAL) + 1) & SERIALS_MASK);
    records.setInt(slot, LEASE, NONE);
    records.setInt(slot, HEDGE, NONE);
    records.setInt(slot, FIRST_RESULT, NONE);
    records.setInt(slot, SECOND_RESULT, NONE);
    records.setInt(slot, QUEUE, NONE);
    records.setInt(slot, KIND, NONE);
    records.setInt(slot, CHECK, NO_CHECK);
    records.setInt(slot, FLAGS, 0);
    return slot;
  }

  release(slot: number): void {
    this.records.setInt(slot, JOB, NONE);
    this.inQueue.append(this.free, slot);
  }

  numberOf(slot: number): TaskNumber {
    return numberOf(slot, this.records.int(slot, SERIAL));
  }

  /** The slot of an open task; NONE for any other number. */
  find(number: TaskNumber): number {
    const slot = slotIn(number);
    if (!(slot < this.records.count)) return NONE;
    const isIt = this.records.int(slot, SERIAL) === serialIn(number);
    return isIt && this.records.int(slot, JOB) !== NONE ? slot : NONE;
  }

  has(slot: number, flag: number): boolean {
    return (this.records.int(slot, FLAGS) & flag) !== 0;
  }

  setFlag(slot: number, flag: number): void {
    this.records.setInt(slot, FLAGS, this.records.int(slot, FLAGS) | flag);
  }

  clearFlag(slot: number, flag: number): void {
    this.records.setInt(slot, FLAGS, this.records.int(slot, FLAGS) & ~flag);
  }
}
