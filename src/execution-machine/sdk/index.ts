// The package's "manyhands/functions": write functions that live on a network's log, deploy and
// write them, read what they keep with a proof, and evaluate all of it again.
export type { Outcome } from '../../domain/outcome.ts';
export type { Failure } from '../../domain/failure.ts';
export {
  agentIdOf,
  exportSigningKey,
  generateSigningKey,
  importSigningKey,
  type CanonicalValue,
  type SigningKey,
} from '../../integrity/index.ts';
export { parseVerifierKey, type VerifierKey } from '../../ledger/index.ts';
export { dataFromJson, dataToJson } from '../data-json.ts';
export { ENGINE_ID, openEngine, type Engine } from '../engine.ts';
export { functionIdOf } from '../function-id.ts';
export { httpTiles } from '../verify/http-tiles.ts';
export { simulate, type SimulatedAction, type Simulation } from '../simulate.ts';
export { evaluateRecord, type EvaluatedRecord } from './evaluate-record.ts';
export { openNetwork, type FunctionsNetwork } from './functions-network.ts';
export type {
  ListedRows,
  NetworkAbout,
  ReadRow,
  ToldOutcome as EntryOutcome,
  Written,
} from './network-answers.ts';
