export { deepHash } from './entries/deep-hash.ts';
export { decodeEntry, encodeEntry, joinEntry } from './entries/entry-bytes.ts';
export { ANCHOR_BYTES, entryIdOf, type Entry, type EntryDraft } from './entries/entry.ts';
export { encodeTags, type EntryTag } from './entries/entry-tags.ts';
export { sha256Of } from './hashing.ts';
export { signEntry } from './entries/sign-entry.ts';
export { checkEntry, ownEntry, type CheckedEntry } from './entries/check-entry.ts';
export { auditEntry } from './entries/audit-entry.ts';
export { verifyEntry, type VerifiedEntry } from './entries/verify-entry.ts';
export { Frontier } from './tree/frontier.ts';
export { LogTree } from './tree/log-tree.ts';
export { BUNDLE_BYTES_MAX, decodeBundle, encodeBundle } from './tree/entry-bundle.ts';
export { leafHash } from './tree/hashes.ts';
export { provesConsistency, type TreeHead } from './tree/consistency-proof.ts';
export { provesInclusion, type InclusionClaim } from './tree/inclusion-proof.ts';
export { CHECKPOINT_PATH, parseTilePath, TILE_WIDTH, tilePath } from './tree/tile-path.ts';
export type { TileReader } from './tree/tile-reader.ts';
export {
  parseCheckpoint,
  signCheckpoint,
  type Checkpoint,
  type SignedCheckpoint,
} from './notes/checkpoint.ts';
export { cosign, cosignatureState, cosignerKeyOf } from './notes/cosignature.ts';
export { noteKeyOf, type NoteSigner } from './notes/note-signing.ts';
export { parsePolicy } from './notes/parse-policy.ts';
export {
  trustCheckpoint,
  type Policy,
  type PolicyParty,
  type Quorum,
  type TrustedCheckpoint,
} from './notes/policy.ts';
export {
  formatNote,
  parseNote,
  parseSignatureLines,
  type NoteSignature,
  type SignedNote,
} from './notes/signed-note.ts';
export {
  formatVerifierKey,
  parseVerifierKey,
  verifierKeyOf,
  type VerifierKey,
} from './notes/verifier-key.ts';
export { formatAddCheckpoint, parseAddCheckpoint } from './views/add-checkpoint.ts';
export { compareViews, type Comparison } from './views/compare-views.ts';
export {
  decodeForkProof,
  encodeForkProof,
  provesFork,
  type ForkProof,
} from './views/fork-proof.ts';
export { Pins, type Pin } from './views/pins.ts';
export { Witness, type WitnessAnswer, type WitnessStore } from './views/witness.ts';
export {
  creditedTaskId,
  decodeCredits,
  packCredits,
  packFirst,
  type CreditedTask,
  type CreditsKind,
} from './receipts/credits.ts';
export {
  decodeBrokenPromise,
  encodeBrokenPromise,
  provesBroken,
  stateOfPromise,
  type BrokenPromise,
  type PromiseState,
} from './receipts/broken-promise.ts';
export { signPromise, verifyPromise, type EntryPromise } from './receipts/promise.ts';
export {
  formatReceipt,
  parseReceipt,
  verifyReceipt,
  type ProvenEntry,
  type Receipt,
} from './receipts/receipt.ts';
export { verifyTaskReceipt, type ProvenTask } from './receipts/task-receipt.ts';
export { advanceEdge, type HashedEntry, type LogEdge } from './log/log-edge.ts';
export type { LogFile, LogStore } from './log/log-store.ts';
export { ownerAndAnchorOf, tagsOf } from './log/owner-and-anchor.ts';
export { LogWriter, type Appended, type Preface } from './log/log-writer.ts';
export { memoryLogStore } from './log/memory-log-store.ts';
