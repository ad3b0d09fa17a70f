import { encode } from 'cborg';
import { eventToText } from './event-text.ts';
import type { Row } from './log-message.ts';
import { packOutputs } from './packed-outputs.ts';
import type { Write } from './store.ts';

/** A write, encoded: what comes once a task as cheaply as can be, what comes once a job as CBOR. */
export function rowOf(write: Write): Row {
  switch (write.kind) {
    case 'event':
      return ['event', eventToText(write.event)];
    case 'outputs': {
      const { job, agent, outputs } = write;
      const leases = JSON.stringify(outputs.map(({ lease }) => lease));
      return ['outputs', job, agent, leases, packOutputs(outputs.map(({ output }) => output))];
    }
    case 'job': {
      const { job, idempotencyKey, specDigest, spec, plan } = write;
      return ['job', job, idempotencyKey, specDigest, encode(spec), encode(plan)];
    }
    case 'work':
      return ['work', write.job, write.stage, encode(write.work)];
    case 'tensors':
      return ['tensors', write.job, write.stage, encode(write.tensors)];
    case 'output':
      return ['output', write.job, encode(write.output)];
    case 'ended':
      return ['ended', write.view.job, encode(write.view)];
    case 'keep':
      return ['keep', write.name, write.value];
  }
}
