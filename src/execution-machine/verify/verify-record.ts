// Checks a record that somebody serves, from its static files alone. Nothing that the files say is
// believed: the policy names the log's key, the checkpoint is signed by it, the tree leads to the
// checkpoint's root, entries to the tree, state to the entries.
//
//   checkpoint ── trusted ──> pinned one ── grew out of it ──> level ──> verdict
//        │                        └─ contradicts it: forked, with the proof
//        └─ not trusted, or files that cannot be read: a failure, and no verdict
import { failure } from '../../domain/failure.ts';
import { NOTE_BYTES_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { agentIdOf } from '../../integrity/index.ts';
import {
  CHECKPOINT_PATH,
  compareViews,
  LogTree,
  parseCheckpoint,
  TILE_WIDTH,
  trustCheckpoint,
  type Comparison,
  type Policy,
  type SignedCheckpoint,
  type TileReader,
} from '../../ledger/index.ts';
import { LogReading } from '../log-entry.ts';
import { begunFunctions } from '../network-functions.ts';
import { openProcessor } from '../processor.ts';
import { verifyState } from '../state-proof.ts';
import { findClaimedRoot } from './claimed-root.ts';
import { checkEngine } from './record-functions.ts';
import type {
  ProvenRow,
  RecordCheck,
  RecordVerdict,
  VerifyProgress,
  View,
} from './record-check.ts';
import { RootFold } from './root-fold.ts';
import { verifiedBundles } from './verified-bundles.ts';

export type VerifyOptions = {
  /** From a place that is not trusted: an orchestrator, a folder, the archive. */
  readonly tiles: TileReader;
  /** Whose log it must be, and who must have seen it. */
  readonly policy: Policy;
  /** The checkpoint of this log that was seen before; null for none. */
  readonly pinned: Uint8Array | null;
  readonly check: RecordCheck;
  /** A clock that only goes on. Milliseconds. */
  readonly nowMs: () => number;
  readonly onProgress?: (progress: VerifyProgress) => void;
  readonly signal?: AbortSignal;
};

/**
 * What there is to say of a record, down to the level that was asked for.
 *
 * Streams: memory does not grow with the log, but for state and used anchors at level "full".
 * What the log or its copy did wrong is the verdict's difference; a failure says that nothing can
 * be told. Keep `trusted.signed.bytes` as the next pin where the view is "first" or "grown" and
 * there is no difference.
 * Errors: "canceled", "checkpoint_untrusted", "version_unsupported" where level "full" would need
 * another engine, "input_invalid" for a tile that the log does not have, "proof_invalid" where the
 * right edge is broken already, and those of the reader.
 */
export async function verifyRecord(of: VerifyOptions): Promise<Outcome<RecordVerdict>> {
  const shown = await of.tiles.read(CHECKPOINT_PATH, NOTE_BYTES_MAX);
  if (!shown.ok) return shown;
  const trusted = await trustCheckpoint(of.policy, shown.value);
  if (!trusted.ok) return trusted;
  const view = await viewOf(trusted.value.signed, of);
  if (!view.ok) return view;
  const begun: RecordVerdict = {
    level: of.check.level,
    trusted: trusted.value,
    view: view.value.view,
    entryCount: 0,
    byteCount: 0,
    folded: null,
    claimed: null,
    difference: null,
  };
  const { comparison } = view.value;
  if (comparison.kind === 'forked') {
    return succeed({ ...begun, difference: { kind: 'forked', proof: comparison.proof } });
  }
  const tree = await LogTree.open(of.tiles, trusted.value.checkpoint);
  if (!tree.ok) return tree;
  switch (of.check.level) {
    case 'consistency':
      return succeed(begun);
    case 'balance':
      return checkRow(begun, tree.value, of.check.row);
    case 'tile':
      return checkTile(begun, tree.value, { ...of, tile: of.check.tile });
    case 'full':
      return checkAll(begun, tree.value, { ...of, check: of.check });
  }
}

/** Compares a checkpoint with the pinned one. */
async function viewOf(
  signed: SignedCheckpoint,
  { pinned, tiles }: Pick<VerifyOptions, 'pinned' | 'tiles'>,
): Promise<Outcome<{ readonly view: View; readonly comparison: Comparison }>> {
  const consistent: Comparison = { kind: 'consistent' };
  if (pinned === null) return succeed({ view: 'first', comparison: consistent });
  const former = parseCheckpoint(pinned);
  if (!former.ok) return former;
  const { origin, size } = signed.checkpoint;
  if (former.value.checkpoint.origin !== origin) {
    const text = `the pinned checkpoint is of "${former.value.checkpoint.origin.slice(0, 80)}"`;
    return fail(failure('input_invalid', `${text}, this log is "${origin.slice(0, 80)}".`));
  }
  const seenSize = former.value.checkpoint.size;
  // What is smaller has no tiles that could tell whether the larger one grew out of it.
  if (size < seenSize) return succeed({ view: 'behind', comparison: consistent });
  const compared = await compareViews(former.value, signed, tiles);
  if (!compared.ok) return compared;
  return succeed({ view: size === seenSize ? 'same' : 'grown', comparison: compared.value });
}

async function checkRow(
  begun: RecordVerdict,
  tree: LogTree,
  { claim, proof, root, claimedIn }: ProvenRow,
): Promise<Outcome<RecordVerdict>> {
  const proven = verifyState(root, claim, proof);
  if (!proven.ok) {
    return succeed({ ...begun, difference: { kind: 'row', why: proven.failure } });
  }
  const log = agentIdOf(begun.trusted.log.publicKey);
  if (!log.ok) return log;
  const claimed = await findClaimedRoot(tree, { log: log.value, root, claimedIn });
  if (claimed.ok) return succeed({ ...begun, claimed: { ...claimed.value, row: claim } });
  if (claimed.failure.code !== 'proof_invalid') return claimed;
  return succeed({ ...begun, difference: { kind: 'row', why: claimed.failure } });
}

async function checkTile(
  begun: RecordVerdict,
  tree: LogTree,
  of: VerifyOptions & { readonly tile: number },
): Promise<Outcome<RecordVerdict>> {
  const count = Math.ceil(tree.head.size / TILE_WIDTH);
  if (!Number.isSafeInteger(of.tile) || of.tile < 0 || of.tile >= count) {
    const text = `this log has tiles 0 to ${count - 1}, and no tile ${of.tile}`;
    return fail(failure('input_invalid', `${text}. Name one that it has.`));
  }
  return checkBundles(begun, tree, { ...of, range: { first: of.tile, end: of.tile + 1 } }, null);
}

async function checkAll(
  begun: RecordVerdict,
  tree: LogTree,
  of: VerifyOptions & { readonly check: Extract<RecordCheck, { level: 'full' }> },
): Promise<Outcome<RecordVerdict>> {
  const wanted = of.check.processor;
  const processor = wanted ?? openProcessor(of.check.engine);
  try {
    const fold = new RootFold(processor, of.check.onOutcome);
    const end = Math.ceil(tree.head.size / TILE_WIDTH);
    return await checkBundles(begun, tree, { ...of, range: { first: 0, end } }, fold);
  } finally {
    if (wanted === undefined) processor.dispose();
  }
}

/** Checks a range of bundles, and evaluates them where there is a fold. */
async function checkBundles(
  begun: RecordVerdict,
  tree: LogTree,
  of: VerifyOptions & { readonly range: { readonly first: number; readonly end: number } },
  fold: RootFold | null,
): Promise<Outcome<RecordVerdict>> {
  const { first, end } = of.range;
  const entriesTotal = Math.min(tree.head.size, end * TILE_WIDTH) - first * TILE_WIDTH;
  const log = agentIdOf(begun.trusted.log.publicKey);
  if (!log.ok) return log;
  const reading = new LogReading(log.value);
  const startedAtMs = of.nowMs();
  let [entryCount, byteCount] = [0, 0];
  const ended = (difference: RecordVerdict['difference']): Outcome<RecordVerdict> => {
    const folded =
      fold === null
        ? null
        : { actionCount: fold.actionCount, agreedCount: fold.agreedCount, root: fold.root };
    return succeed({ ...begun, entryCount, byteCount, folded, difference });
  };
  for await (const bundle of verifiedBundles(tree, of.tiles, of.range)) {
    if (of.signal?.aborted === true) return canceled();
    if (bundle.kind === 'failed') return fail(bundle.failure);
    if (bundle.kind === 'wrong') {
      const { index, why } = bundle;
      // A root that is false before this entry comes first.
      const earlier = (await fold?.settle(index - 1)) ?? null;
      return ended(earlier ?? { kind: 'entry', index, why });
    }
    if (fold !== null) {
      const evaluable = checkEngine(begunFunctions(log.value, bundle.entries));
      if (!evaluable.ok) return evaluable;
      for (const [at, entry] of bundle.entries.entries()) {
        fold.take(reading.read(bundle.firstIndex + at, entry));
      }
      const difference = await fold.settleBehind(bundle.firstIndex + bundle.entries.length);
      if (difference !== null) return ended(difference);
    }
    entryCount += bundle.entries.length;
    byteCount += bundle.byteCount;
    const elapsedSeconds = (of.nowMs() - startedAtMs) / 1_000;
    const secondsLeft = (elapsedSeconds / entryCount) * (entriesTotal - entryCount);
    of.onProgress?.({ entryCount, entriesTotal, byteCount, secondsLeft });
  }
  return ended((await fold?.settle(tree.head.size - 1)) ?? null);
}

function canceled(): Outcome<never> {
  return fail(failure('canceled', 'Verification was canceled. Start it again when you like.'));
}
