import type { ServiceImpl } from '@connectrpc/connect';
import { OutcomeKind, type FunctionService } from '../../wire/index.ts';
import type { Head, ToldOutcome } from '../functions/functions-message.ts';
import type { RecordFunctions } from '../functions/record-functions.ts';
import { unwrap } from './unwrap.ts';

const ROWS_USUAL = 100;

/** What functions left, open to everyone; over plain HTTP too: see http/functions.ts. */
export function functionsRoute(functions: RecordFunctions): ServiceImpl<typeof FunctionService> {
  return {
    async getOutcome({ index }) {
      return outcomeToWire(unwrap(await functions.outcomeOf(Number(index))));
    },

    async readState({ functionId, key, isClaimed }) {
      const asOf = isClaimed ? 'claimed' : 'newest';
      const read = unwrap(await functions.read({ function: functionId, key, asOf }));
      const { value, proof, head, claimedIn } = read;
      const claimed = claimedIn === null ? {} : { claimedIn: BigInt(claimedIn) };
      return { value: value ?? new Uint8Array(), proof, head: headToWire(head), ...claimed };
    },

    async listState({ functionId, prefix, pageSize, pageToken }) {
      const limit = pageSize === 0 ? ROWS_USUAL : pageSize;
      // Where a page ends is its last key.
      const of = { function: functionId, prefix, after: pageToken, limit };
      const { rows, head } = unwrap(await functions.list(of));
      const last = rows.at(-1);
      const nextPageToken = last === undefined || rows.length < limit ? '' : last.key;
      return { rows: [...rows], nextPageToken, head: headToWire(head) };
    },

    async getFunction({ functionId }) {
      const { code, source, governance } = unwrap(await functions.functionOf(functionId));
      return { engine: functions.engine, source, code, governance: governance ?? '' };
    },
  };
}

const KINDS = {
  done: OutcomeKind.DONE,
  thrown: OutcomeKind.THROWN,
  stopped: OutcomeKind.STOPPED,
  refused: OutcomeKind.REFUSED,
  other: OutcomeKind.OTHER,
} as const satisfies Record<ToldOutcome['kind'], OutcomeKind>;

function outcomeToWire(outcome: ToldOutcome) {
  const kind = KINDS[outcome.kind];
  if (outcome.kind === 'done') return { kind, value: outcome.value };
  return outcome.kind === 'other' ? { kind } : { kind, detail: outcome.detail };
}

function headToWire({ size, root }: Head) {
  return { size: BigInt(size), root };
}
