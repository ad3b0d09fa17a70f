import { failure, type Failure } from '../domain/failure.ts';

/** What ONNX Runtime was doing when it threw. */
type Moment = 'load' | 'run';

/**
 * The failure behind an error of ONNX Runtime, which tells causes apart by text alone.
 *
 * The text may quote a stranger's model: it is cut short and shown, never acted on.
 */
export function modelFailure(cause: unknown, moment: Moment): Failure {
  const message = cause instanceof Error ? cause.message : String(cause);
  const text = message.slice(0, 400);
  if (isOutOfMemory(cause, message)) {
    const remedy = 'lend more memory, or cut the job into smaller tasks';
    return failure('out_of_memory', `no memory to ${moment} the model: ${remedy} (${text})`);
  }
  if (/device.{0,20}lost|lost.{0,20}device/i.test(message)) {
    return failure('device_lost', `the GPU went away: open the model anew (${text})`);
  }
  if (moment === 'run') return runFailure(message, text);
  const operator = unknownOperator(message);
  if (operator !== null) {
    const remedy = 'export the model with standard ONNX operators';
    return failure(
      'operator_unsupported',
      `the model's operator "${operator}" is unknown to ONNX Runtime: ${remedy}`,
    );
  }
  if (BROKEN_MODEL.test(message)) {
    return failure('input_malformed', `this is no model that can be loaded: check it (${text})`);
  }
  return failure('execution_failed', `ONNX Runtime cannot load the model: ${text}`);
}

/** What the loader says of bytes that are no model; 7 and 10 are its codes for that. */
const BROKEN_MODEL =
  /protobuf|invalid model|INVALID_GRAPH|unsupported model IR|ModelProto|ERROR_CODE: (7|10)\b/i;

function runFailure(message: string, text: string): Failure {
  if (/invalid (rank|dimensions)|unexpected input data type|missing in 'feeds'/i.test(message)) {
    return failure('shape_mismatch', `the model does not take these inputs: ${text}`);
  }
  return failure('execution_failed', `the model failed to run: ${text}`);
}

const OUT_OF_MEMORY =
  /bad_alloc|out of memory|\bOOM\b|allocation failed|failed to allocate|allocate memory/i;

function isOutOfMemory(cause: unknown, message: string): boolean {
  if (OUT_OF_MEMORY.test(message)) return true;
  // A WASM heap that cannot grow ends in a typed array that does not fit.
  return cause instanceof RangeError && /array length|offset is out of bounds/i.test(message);
}

function unknownOperator(message: string): string | null {
  const patterns = [
    /No Op registered for (\S+) with domain/,
    /Fatal error: (\S+) is not a registered function/,
    /Could not find an implementation for (\S+?)(\(\d+\))? node/,
    /Unrecognized operator (\S+)/i,
  ];
  for (const pattern of patterns) {
    const name = pattern.exec(message)?.[1];
    if (name !== undefined) return name.slice(0, 80);
  }
  return null;
}
