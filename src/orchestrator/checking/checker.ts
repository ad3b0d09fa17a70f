import { assert } from '../../domain/assert.ts';
import { failure } from '../../domain/failure.ts';
import type { LeaseNumber } from '../../scheduler/index.ts';
import type { InferenceSpec } from '../../domain/job.ts';
import { CHECK_MODELS_MAX, MODEL_BYTES_MAX, ROWS_RECOMPUTED_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { wideStream, type RandomStream } from '../../domain/random.ts';
import type { BlobRef } from '../../domain/work.ts';
import { openBlob, readSlice, type BlockSource } from '../../data/index.ts';
import {
  openNodeModelRunner,
  openWasmKernelsAtOnce,
  openWasmProjector,
  parseOnnxModel,
  type ModelRunner,
  type ModelSession,
} from '../../kernels/index.ts';
import {
  checkByCompare,
  checkByRecompute,
  checkManyByRecompute,
  probeModel,
  type Judgement,
  type ModelFacts,
  type RecomputedTask,
  type TensorReader,
} from '../../workloads/index.ts';
import { tensorReader } from '../tensor-reader.ts';
import type { CheckOrder } from './check-message.ts';

/** What judges results, in a thread of its own. */
export type Checker = {
  /** Errors: what hinders the check; nothing is judged then. */
  check(order: CheckOrder): Promise<Outcome<Judgement<LeaseNumber>>>;
  /** As `check`, of many tasks of one stage, in their order; all or none. */
  checkMany(orders: readonly CheckOrder[]): Promise<Outcome<readonly Judgement<LeaseNumber>[]>>;
  /** Errors: "input_malformed" | "operator_unsupported" | those of `probeModel`. */
  probe(spec: InferenceSpec): Promise<Outcome<ModelFacts>>;
};

/** A checker with the models that it opened. */
export type OpenChecker = Checker & {
  /** Closes its models; it checks nothing afterwards. */
  close(): Promise<void>;
};

/** How models are run: by ONNX Runtime for Node, or in a tab by that for browsers. */
export type OpenModels = () => Promise<Outcome<ModelRunner>>;

/** `read`: as the source gives it, but for who has the bytes at hand. */
export function makeChecker(
  source: BlockSource,
  means: { readonly openModels?: OpenModels | undefined; readonly read?: TensorReader } = {},
): OpenChecker {
  const { openModels = () => openNodeModelRunner({ threads: 1 }) } = means;
  const { read = tensorReader(source) } = means;
  const sessions = new Map<string, ModelSession>();
  const ours = {
    projector: started(openWasmProjector()),
    kernels: started(openWasmKernelsAtOnce()),
  };
  let runner: Promise<Outcome<ModelRunner>> | null = null;

  const sessionOf = async (model: BlobRef): Promise<Outcome<ModelSession>> => {
    const known = sessions.get(model.blob);
    if (known !== undefined) return { ok: true, value: known };
    const bytes = await readModel(source, model);
    if (!bytes.ok) return bytes;
    const parsed = parseOnnxModel(bytes.value);
    if (!parsed.ok) return parsed;
    runner ??= openModels();
    const opened = await runner;
    if (!opened.ok) return opened;
    const session = await opened.value.load(bytes.value);
    if (!session.ok) return session;
    sessions.set(model.blob, session.value);
    for (const [blob, oldest] of sessions) {
      if (sessions.size <= CHECK_MODELS_MAX) break;
      sessions.delete(blob);
      await oldest.close();
    }
    return session;
  };

  const check = async (order: CheckOrder): Promise<Outcome<Judgement<LeaseNumber>>> => {
    const { work, rows, results, mode } = order;
    const { program } = work;
    const session = program.kind === 'model' ? await sessionOf(program.model) : null;
    if (session !== null && !session.ok) return session;
    const by = { read, session: session?.value ?? null, random: drawOf(order), ...ours };
    const task = { work, rows, results, ...by };
    if (mode.kind === 'compare') return checkByCompare(task);
    return checkByRecompute({ ...task, share: mode.share });
  };

  return {
    check,
    async checkMany(orders) {
      const [first] = orders;
      if (first === undefined) return succeed([]);
      const tasks: RecomputedTask<LeaseNumber>[] = [];
      for (const order of orders) {
        if (order.mode.kind === 'compare' || order.work !== first.work)
          return eachOf(orders, check);
        const { rows, results, mode } = order;
        tasks.push({ rows, results, share: mode.share, random: () => drawOf(order) });
      }
      const { work } = first;
      const { program } = work;
      const session = program.kind === 'model' ? await sessionOf(program.model) : null;
      if (session !== null && !session.ok) return session;
      const by = { read, session: session?.value ?? null, ...ours, rowsMax: ROWS_RECOMPUTED_MAX };
      return checkManyByRecompute({ work, tasks, ...by });
    },
    async probe(spec) {
      const session = await sessionOf(spec.model);
      if (!session.ok) return session;
      return probeModel({ spec, session: session.value, read, nowMs: () => performance.now() });
    },
    async close() {
      for (const session of sessions.values()) await session.close();
      sessions.clear();
    },
  };
}

/** Node has WebAssembly with SIMD since long before the versions that this runs on. */
function started<Module>(outcome: Outcome<Module>): Module {
  assert(outcome.ok, 'WebAssembly starts in Node');
  return outcome.value;
}

function drawOf({ seed }: CheckOrder): RandomStream {
  return wideStream(seed, 'check');
}

async function eachOf(
  orders: readonly CheckOrder[],
  check: Checker['check'],
): Promise<Outcome<readonly Judgement<LeaseNumber>[]>> {
  const judged: Judgement<LeaseNumber>[] = [];
  for (const order of orders) {
    const outcome = await check(order);
    if (!outcome.ok) return outcome;
    judged.push(outcome.value);
  }
  return succeed(judged);
}

async function readModel(source: BlockSource, model: BlobRef): Promise<Outcome<Uint8Array>> {
  const blob = await openBlob(source, model);
  if (!blob.ok) return blob;
  const { byteLength } = blob.value.ref;
  if (byteLength > MODEL_BYTES_MAX) {
    const text = `the model has ${byteLength} bytes; at most ${MODEL_BYTES_MAX} fit into one file`;
    return fail(failure('limit_exceeded', `${text}. Use a smaller or quantised one.`));
  }
  return readSlice(source, { blob: blob.value, byteOffset: 0, byteLength });
}
