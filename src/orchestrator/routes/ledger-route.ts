import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ServiceImpl } from '@connectrpc/connect';
import { failure } from '../../domain/failure.ts';
import { CREDITS_LISTED } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { agentIdOf } from '../../integrity/index.ts';
import type { ConveyorState } from '../../execution-machine/index.ts';
import { formatVerifierKey } from '../../ledger/index.ts';
import type { ArchiveStateSchema, LedgerService } from '../../wire/index.ts';
import type { ClientLimits } from '../access/client-limits.ts';
import type { RecordFunctions } from '../functions/record-functions.ts';
import type { CreditsKeeper } from '../record/credits/credits-keeper.ts';
import type { Archiving } from '../record/archiving.ts';
import type { NetworkRecord } from '../record/network-record.ts';
import { receiptMaker } from '../record/make-receipt.ts';
import type { RecordViews } from '../record/views/record-views.ts';
import { callingOf } from './caller.ts';
import { unwrap } from './unwrap.ts';

// As the proto allows.
const FAILURE_CHARS_MAX = 300;

type Parts = {
  readonly record: NetworkRecord;
  readonly functions: Pick<RecordFunctions, 'network' | 'submit'>;
  readonly credits: Pick<CreditsKeeper, 'list' | 'waitingOf'>;
  readonly archiving: Pick<Archiving, 'state'> | null;
  readonly views: Omit<RecordViews, 'addCheckpoint' | 'stop'>;
  readonly limits: Pick<ClientLimits, 'entry'>;
  readonly now: () => number;
};

/** The record, open to everyone; its tiles and checkpoint are plain files: see http/record.ts. */
export function ledgerRoute(parts: Parts): ServiceImpl<typeof LedgerService> {
  const { record, functions, credits: kept, archiving, views, limits, now } = parts;
  const verifierKey = formatVerifierKey(record.verifierKey);
  const { governance, credits, standing, registry } = functions.network;
  const named = [governance, credits, standing, registry].map(({ name, id }) => {
    return { name, functionId: id };
  });
  const receiptOf = receiptMaker(record);
  return {
    getRecord() {
      return {
        origin: record.origin,
        verifierKey,
        size: BigInt(record.size()),
        checkpoint: record.checkpoint()?.bytes ?? new Uint8Array(),
        functions: named,
        ...(archiving === null ? {} : { archive: archiveOf(archiving.state()) }),
        policy: views.policyText,
        witnesses: views.witnesses().map(({ name, cosignedSize, cosignedAtMs }) => ({
          name,
          cosignedSize: BigInt(cosignedSize),
          cosignedAtMs: BigInt(cosignedAtMs),
        })),
        forkProofs: [...views.forkProofs()],
      };
    },

    async submitEntry({ entry }, context) {
      unwrap(limits.entry(callingOf(context, now)));
      const { index, promise, isNew } = unwrap(await functions.submit(entry));
      return { index: BigInt(index), promise, isNew };
    },

    listCredits({ publicKey, pageSize, pageToken }) {
      const agent = unwrap(agentIdOf(publicKey));
      const before = unwrap(placeIn(pageToken));
      const most = pageSize === 0 ? CREDITS_LISTED : pageSize;
      const entries = kept.list(agent, { before, most });
      return {
        entries: entries.map(({ index, taskCount, units, atMs }) => ({
          index: BigInt(index),
          taskCount,
          units: BigInt(units),
          atMs: BigInt(atMs),
        })),
        nextPageToken: entries.length < most ? '' : `${entries.at(-1)?.index}`,
        tasksWaiting: BigInt(kept.waitingOf(agent)),
      };
    },

    async gossipCheckpoints({ checkpoints }, context) {
      const by = callingOf(context, now);
      for (const _ of checkpoints) unwrap(limits.entry(by));
      await views.compare(checkpoints);
      return { checkpoints: [...views.pinned()], forkProofs: [...views.forkProofs()] };
    },

    async getReceipt({ index }) {
      return { receipt: unwrap(await receiptOf(Number(index))) };
    },
  };
}

/** Pages go on before the last entry that was told. */
function placeIn(pageToken: string): Outcome<number> {
  if (pageToken === '') return succeed(Infinity);
  if (/^\d{1,15}$/.test(pageToken)) return succeed(Number(pageToken));
  return fail(failure('input_invalid', 'not a page token: list again from the first page'));
}

function archiveOf(state: ConveyorState): MessageInitShape<typeof ArchiveStateSchema> {
  return {
    target: state.target,
    confirmedSize: BigInt(state.confirmedSize),
    postedSize: BigInt(state.postedSize),
    confirmedAtMs: BigInt(state.confirmedAtMs),
    failure: (state.failure?.message ?? '').slice(0, FAILURE_CHARS_MAX),
    retryAtMs: BigInt(state.retryAtMs),
    dueAtMs: BigInt(state.dueAtMs),
    refused: state.refused.map(({ first, end }) => ({ first: BigInt(first), end: BigInt(end) })),
  };
}
