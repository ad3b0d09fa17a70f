// The front door: deploy and write are entries, read and prove ask a processor, evaluate folds a
// log again, simulate tries a source on nothing but this machine.
export { dataFromJson, dataToJson, type DataJson } from './data-json.ts';
export { dataOfText, textOfData } from './data-text.ts';
export { ENGINE_ID, openEngine, type Engine } from './engine.ts';
export { type Entry, type EntryOutcome, type RefusalReason } from './entry.ts';
export {
  evaluate,
  evaluateLog,
  type Evaluation,
  type EvaluationProgress,
  type RootClaim,
} from './evaluate.ts';
export { firstFunction, type FirstFunction } from './first-functions.ts';
export { codeIdOf, functionIdOf } from './function-id.ts';
export {
  actionDraft,
  freshAnchor,
  functionTagOf,
  FUNCTION_TAG,
  LogReading,
  rootDraft,
  timeDraft,
  type LogEntry,
} from './log-entry.ts';
export { MachineState } from './machine-state.ts';
export {
  networkFunctions,
  type NetworkFunction,
  type NetworkFunctions,
} from './network-functions.ts';
export {
  openProcessor,
  type Processor,
  type RunningFunction,
  type Supposition,
} from './processor.ts';
export { simulate, type SimulatedAction, type Simulation } from './simulate.ts';
export {
  decodeStateProof,
  encodeStateProof,
  verifyState,
  type StateClaim,
  type StateProof,
} from './state-proof.ts';
export type { StateView } from './state-view.ts';
export { whatIf, type Move } from './what-if.ts';
export { httpTiles } from './verify/http-tiles.ts';
export type {
  ProvenRow,
  RecordCheck,
  RecordDifference,
  RecordVerdict,
  VerifyLevel,
  VerifyProgress,
  View,
} from './verify/record-check.ts';
export { functionsBegunIn, recordFunctions } from './verify/record-functions.ts';
export { verifyRecord, type VerifyOptions } from './verify/verify-record.ts';
export {
  itemOf,
  packPiece,
  payloadOf,
  PIECE_TAGS,
  unpackPiece,
  type ArchiveItem,
  type ArchivePiece,
} from './conveyor/archive-piece.ts';
export { arweaveTarget } from './conveyor/arweave-target.ts';
export type { ArchiveTarget, ItemState, ListedPiece } from './conveyor/archive-target.ts';
export { Conveyor } from './conveyor/conveyor.ts';
export type { ConveyorClock, ConveyorState, EntrySpan } from './conveyor/conveyor-state.ts';
export type { ConveyorStore } from './conveyor/conveyor-store.ts';
export { restoreLog, type RestoredLog } from './conveyor/restore-log.ts';
