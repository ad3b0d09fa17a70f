import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { getTextEncoding } from '@bufbuild/protobuf/wire';
import type { ReportResultsResponseSchema } from './gen/manyhands/agents/v1/agent_service_pb.ts';
import { StageWorkSchema } from './gen/manyhands/agents/v1/task_pb.ts';

type Answer = MessageInitShape<typeof ReportResultsResponseSchema>;
type Next = NonNullable<Answer['next']>;
type Task = NonNullable<Next['tasks']>[number];
type Work = NonNullable<Next['works']>[number];
type Standing = NonNullable<Answer['standing']>;

// Tags of protobuf: the field's number and, in the lowest three bits, 0 for a varint or 2 for
// bytes with their length before them.
const ANSWER_STATUSES = 0x0a;
const ANSWER_STANDING = 0x12;
const ANSWER_NEXT = 0x1a;
const NEXT_WORKS = 0x0a;
const NEXT_TASKS = 0x12;
const NEXT_IDLE_REASON = 0x18;
const TASK_LEASE_ID = 0x0a;
const TASK_ID = 0x12;
const TASK_JOB_NAME = 0x1a;
const TASK_WORK_INDEX = 0x20;
const TASK_ROW_START = 0x28;
const TASK_ROW_END = 0x30;
const TASK_LEASE_MS = 0x38;
const STANDING_ACCEPTED = 0x08;
const STANDING_REJECTED = 0x10;
const STANDING_PENDING = 0x18;
const STANDING_QUARANTINED_UNTIL_MS = 0x20;
const STANDING_QUARANTINE_REASON = 0x2a;

const works = new WeakMap<Work, Uint8Array>();

/** Of a task, roughly. */
const TASK_BYTES = 128;

/**
 * The bytes of a report's answer, as generated code writes them: the hottest message there is, with
 * many tasks in it. They are the caller's.
 */
export function reportAnswerToBytes(answer: Answer): Uint8Array {
  const { statuses = [], standing, next } = answer;
  const out = new Writer();
  if (statuses.length > 0) {
    const packed = new Writer();
    for (const status of statuses) packed.varint(status);
    out.nested(ANSWER_STATUSES, packed);
  }
  if (standing !== undefined) out.nested(ANSWER_STANDING, standingOf(standing));
  if (next !== undefined) out.nested(ANSWER_NEXT, nextOf(next));
  return out.bytes();
}

function standingOf(standing: Standing): Writer {
  const out = new Writer();
  out.number(STANDING_ACCEPTED, standing.accepted);
  out.number(STANDING_REJECTED, standing.rejected);
  out.number(STANDING_PENDING, standing.pending);
  out.number(STANDING_QUARANTINED_UNTIL_MS, standing.quarantinedUntilMs);
  out.text(STANDING_QUARANTINE_REASON, standing.quarantineReason);
  return out;
}

function nextOf(next: Next): Writer {
  const { tasks = [] } = next;
  const out = new Writer(TASK_BYTES * (tasks.length + 1));
  for (const work of next.works ?? []) out.blob(NEXT_WORKS, workOf(work));
  const one = new Writer();
  for (const task of tasks) {
    one.clear();
    writeTask(one, task);
    out.nested(NEXT_TASKS, one);
  }
  out.number(NEXT_IDLE_REASON, next.idleReason);
  return out;
}

function writeTask(out: Writer, task: Task): void {
  out.text(TASK_LEASE_ID, task.leaseId);
  out.text(TASK_ID, task.taskId);
  out.text(TASK_JOB_NAME, task.jobName);
  out.number(TASK_WORK_INDEX, task.workIndex);
  out.number(TASK_ROW_START, task.rowStart);
  out.number(TASK_ROW_END, task.rowEnd);
  out.number(TASK_LEASE_MS, task.leaseMs);
}

/** Messages of stages are made once, and so are their bytes. */
function workOf(work: Work): Uint8Array {
  let bytes = works.get(work);
  if (bytes === undefined) {
    bytes = toBinary(StageWorkSchema, create(StageWorkSchema, work));
    works.set(work, bytes);
  }
  return bytes;
}

const VARINT_BYTES_MAX = 10;

/** Fields of one message; those that are zero or empty are not written. */
class Writer {
  #bytes: Uint8Array;
  #at = 0;

  constructor(byteLength = TASK_BYTES) {
    this.#bytes = new Uint8Array(byteLength);
  }

  /** What was written; a view. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  clear(): void {
    this.#at = 0;
  }

  /** A whole number from 0 to 2^53 - 1. */
  number(tag: number, value: bigint | number | undefined): void {
    const number = Number(value ?? 0);
    if (number === 0) return;
    this.#grow(1 + VARINT_BYTES_MAX);
    this.#bytes[this.#at++] = tag;
    this.varint(number);
  }

  text(tag: number, value: string | undefined): void {
    if (value === undefined || value === '') return;
    const start = this.#at;
    this.#grow(1 + VARINT_BYTES_MAX + value.length);
    this.#bytes[this.#at++] = tag;
    this.varint(value.length);
    // Ids are of ASCII, and names are mostly: a few characters are copied sooner one by one.
    for (let index = 0; index < value.length; index++) {
      const code = value.charCodeAt(index);
      if (code > 127) {
        this.#at = start;
        return this.blob(tag, getTextEncoding().encodeUtf8(value));
      }
      this.#bytes[this.#at++] = code;
    }
  }

  nested(tag: number, message: Writer): void {
    this.blob(tag, message.#bytes, message.#at);
  }

  /** The first bytes of these, with their length before them. */
  blob(tag: number, from: Uint8Array, byteLength = from.byteLength): void {
    this.#grow(1 + VARINT_BYTES_MAX + byteLength);
    this.#bytes[this.#at++] = tag;
    this.varint(byteLength);
    if (byteLength <= TASK_BYTES) {
      for (let index = 0; index < byteLength; index++) {
        this.#bytes[this.#at + index] = from[index] ?? 0;
      }
    } else {
      this.#bytes.set(from.subarray(0, byteLength), this.#at);
    }
    this.#at += byteLength;
  }

  varint(value: number): void {
    this.#grow(VARINT_BYTES_MAX);
    let rest = value;
    while (rest >= 128) {
      this.#bytes[this.#at++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#at++] = rest;
  }

  #grow(byteLength: number): void {
    if (this.#at + byteLength <= this.#bytes.byteLength) return;
    const grown = new Uint8Array(2 * (this.#at + byteLength));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
  }
}
