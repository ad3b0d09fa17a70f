// What this orchestrator saw of its own log and of those that its policy names, and who may ask it to
// cosign. A log that showed two histories is found out by whoever compares: the proof is kept and
// shown to everybody, and the log is followed no more.
import { join } from 'node:path';
import { GOSSIP_MS, NOTE_BYTES_MAX } from '../../../domain/limits.ts';
import { succeed, type Outcome } from '../../../domain/outcome.ts';
import { httpTiles } from '../../../execution-machine/index.ts';
import {
  CHECKPOINT_PATH,
  formatVerifierKey,
  parseCheckpoint,
  Pins,
  provesFork,
  Witness,
  type ForkProof,
  type PolicyParty,
  type SignedCheckpoint,
  type WitnessAnswer,
} from '../../../ledger/index.ts';
import type { Logger } from '../../logger.ts';
import type { Platform } from '../../platform.ts';
import type { NetworkRecord } from '../network-record.ts';
import { checkpointFolder } from './checkpoint-folder.ts';
import { gatherCosignatures, type WitnessView } from './cosigning.ts';
import { openForkProofs } from './fork-proofs.ts';
import { readRecordPolicy } from './record-policy.ts';

export type RecordViews = {
  /** C2SP tlog-policy. */
  readonly policyText: string;
  witnesses(): readonly WitnessView[];
  /** Canonical DAG-CBOR. */
  forkProofs(): readonly Uint8Array[];
  /** The latest checkpoint of each log that is followed. */
  pinned(): readonly Uint8Array[];
  /** Compares checkpoints that somebody saw with those seen here. They may come from an attacker. */
  compare(checkpoints: readonly Uint8Array[]): Promise<void>;
  /** Answers C2SP tlog-witness. The body may come from an attacker. Errors: of the store. */
  addCheckpoint(body: Uint8Array): Promise<Outcome<WitnessAnswer>>;
  stop(): Promise<void>;
};

/**
 * Opens what a data folder holds of others' logs:
 *
 *   <data>/witnessed/   the last checkpoint of each log that was cosigned
 *   <data>/pins/        the last checkpoint of each log that was seen
 *   <data>/forks/       proofs that a log showed two histories
 *
 * Errors: "config_invalid" for the policy, "storage_failed".
 */
export async function openRecordViews(of: {
  readonly record: NetworkRecord;
  readonly folder: string;
  readonly policyFile: string | null;
  readonly logger: Logger;
  /** Unix time in milliseconds. */
  readonly now: () => number;
  readonly platform: Pick<Platform, 'after'>;
}): Promise<Outcome<RecordViews>> {
  const { record, folder, logger, now, platform } = of;
  const read = readRecordPolicy(of.policyFile, record.verifierKey);
  if (!read.ok) return read;
  const { text, policy } = read.value;
  const isOwn = ({ key }: PolicyParty): boolean =>
    formatVerifierKey(key) === formatVerifierKey(record.verifierKey);
  const others = policy.logs.filter((party) => !isOwn(party));
  const proofs = await openForkProofs(join(folder, 'forks'), logger);
  const kept = checkpointFolder(join(folder, 'pins'));
  // Whoever has its signature proves what a log said, with cosignatures or without.
  const pins = new Pins({ ...policy, quorum: { kind: 'none' } });
  for (const { key } of policy.logs) {
    const bytes = await kept.load(key.name);
    if (!bytes.ok) return bytes;
    if (bytes.value !== null) await pins.follow(bytes.value, record.files);
  }

  /** Keeps a proof that holds. */
  const note = async (proof: ForkProof | null): Promise<void> => {
    if (proof === null) return;
    const { origin } = proof.newer.checkpoint;
    for (const { key } of policy.logs.filter((party) => party.key.name === origin)) {
      if (await provesFork(key, proof)) await proofs.keep(proof);
    }
  };

  const ended = new AbortController();
  const { signal } = ended;
  /** What was begun last, by the name of its log. */
  const turns = new Map<string, Promise<void>>();
  /** Takes a checkpoint for seen, of each log one after the other, and none once this has stopped. */
  const follow = (signed: SignedCheckpoint): Promise<void> => {
    const { origin } = signed.checkpoint;
    const party = policy.logs.find(({ key }) => key.name === origin);
    if (party === undefined) return Promise.resolve();
    const former = turns.get(origin) ?? Promise.resolve();
    const turn = former.then(() => (signal.aborted ? undefined : followNext(party, signed)));
    turns.set(origin, turn);
    return turn;
  };

  const followNext = async (party: PolicyParty, { bytes, checkpoint }: SignedCheckpoint) => {
    const { origin, size } = checkpoint;
    const before = pins.get(origin)?.latest.checkpoint.size ?? -1;
    const tiles = isOwn(party)
      ? record.files
      : httpTiles(party.url ?? 'http://nowhere.invalid/', signal);
    const pin = await pins.follow(bytes, tiles);
    const held = pins.get(origin);
    if (held?.kind === 'forked') await note(held.proof);
    if (!pin.ok || size <= before) return;
    const saved = await kept.save(origin, bytes);
    if (!saved.ok) logger.warn(saved.failure.message);
  };

  const lookAt = async ({ url }: PolicyParty): Promise<void> => {
    if (url === null) return;
    const bytes = await httpTiles(url, signal).read(CHECKPOINT_PATH, NOTE_BYTES_MAX);
    const signed = bytes.ok ? parseCheckpoint(bytes.value) : bytes;
    if (signed.ok) await follow(signed.value);
    else logger.debug('a log was not seen', { url, cause: signed.failure.message });
  };

  const witness = new Witness(
    { name: record.origin, signer: record.signer },
    { logs: others },
    checkpointFolder(join(folder, 'witnessed')),
  );
  const cosigning = gatherCosignatures({ record, policy, logger, platform });
  record.onPublished((signed) => void follow(signed));
  const first = record.checkpoint();
  if (first !== null) await follow(first);
  let cancelLook = (): void => {};
  const lookLater = (): void => {
    if (signal.aborted) return;
    cancelLook = platform.after(GOSSIP_MS, () => {
      void Promise.all(others.map(lookAt)).then(lookLater);
    });
  };
  lookLater();

  return succeed({
    policyText: text,
    witnesses: cosigning.witnesses,
    forkProofs: proofs.list,
    pinned: () => pins.gossip(),
    async compare(checkpoints) {
      for (const bytes of checkpoints) {
        const signed = parseCheckpoint(bytes);
        if (signed.ok) await follow(signed.value);
      }
    },
    async addCheckpoint(body) {
      const answered = await witness.addCheckpoint(body, Math.floor(now() / 1_000));
      if (answered.ok && 'proof' in answered.value) await note(answered.value.proof);
      return answered;
    },
    async stop() {
      ended.abort();
      cancelLook();
      await Promise.all(turns.values());
      await cosigning.stop();
    },
  });
}
