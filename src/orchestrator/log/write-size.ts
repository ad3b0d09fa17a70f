import type { TensorRef } from '../../domain/tensor.ts';
import type { Write } from './store.ts';

// Of a row of a table. Bytes.
const SMALL = 512;
// Of an event without its long part. Bytes.
const EVENT = 160;
// Of an output without its tensors. Bytes.
const EACH = 96;
// Of one result, lease or verdict within an event. Bytes.
const EACH_IN_EVENT = 24;

/** Roughly how many bytes of memory and log some writes take: limits of queues are held by it. */
export function bytesOfWrites(writes: readonly Write[]): number {
  return sum(writes, bytesOfWrite);
}

export function bytesOfWrite(write: Write): number {
  return (write.kind === 'event' ? EVENT : SMALL) + longPartOf(write);
}

function longPartOf(write: Write): number {
  switch (write.kind) {
    case 'event': {
      const { event } = write;
      if (event.kind === 'results-reported') return EACH_IN_EVENT * event.results.length;
      if (event.kind === 'judged') return EACH_IN_EVENT * event.judgements.length;
      if (event.kind === 'heartbeat') return EACH_IN_EVENT * event.leases.length;
      return 0;
    }
    case 'outputs':
      return sum(write.outputs, ({ output }) => EACH + sum(output, inlineBytes));
    case 'job':
      return sum(write.spec.workload.inputs, ({ tensor }) => EACH + inlineBytes(tensor)) * 2;
    case 'work':
      return sum(write.work.inputs, ({ tensor }) => EACH + inlineBytes(tensor));
    case 'tensors':
      return sum(write.tensors, ({ tensor }) => EACH + inlineBytes(tensor));
    case 'output':
      return sum(write.output, ({ tensor }) => EACH + inlineBytes(tensor));
    case 'keep':
      return write.value.byteLength;
    case 'ended':
      return 0;
  }
}

function inlineBytes({ source }: TensorRef): number {
  return source.kind === 'inline' ? source.bytes.byteLength : EACH;
}

function sum<Item>(items: readonly Item[], sizeOf: (item: Item) => number): number {
  return items.reduce((size, item) => size + sizeOf(item), 0);
}
