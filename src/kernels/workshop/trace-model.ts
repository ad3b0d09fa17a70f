import type { InferenceSession } from 'onnxruntime-web';
import { assert } from '../../domain/assert.ts';
import { failure } from '../../domain/failure.ts';
import {
  TRACE_MODEL_BYTES_MAX,
  TRACE_RUNS_MAX,
  TRIAL_MS,
  TRIAL_RUNS_MIN,
} from '../../domain/limits.ts';
import type { BackendName } from '../../domain/operator.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { openModelSession, type OrtPackage } from '../model-session.ts';
import type { ModelSession } from '../model.ts';
import type { WorkshopStep } from './draft.ts';
import { modelInputs, type ModelInputs } from './model-inputs.ts';
import type { ModelToTrace, ModelTrace } from './model-trace.ts';
import { readProfile, type Profile } from './profile-events.ts';

/** ONNX Runtime on one backend, where its profile can be had. */
export type Tracer = {
  readonly backend: BackendName;
  readonly ort: OrtPackage;
  readonly options: InferenceSession.SessionOptions;
  /** Prepares for one profile; gives what is added to the options of its session. */
  readonly beginProfile: () => Promise<InferenceSession.SessionOptions>;
  /** Ends the session's profile and gives its text. */
  readonly endProfile: (session: InferenceSession) => Promise<string>;
};

type How = {
  readonly nowMs: () => number;
  readonly onStep: (step: WorkshopStep) => void;
  /** After each run. */
  readonly onRun: () => void;
};

/**
 * Times a model as a whole, and then each of its nodes, by ONNX Runtime's own profile.
 *
 * A profile costs time itself, so the model is timed without it first. What it does not count is what
 * lies between the nodes: `ModelTrace` has all three.
 *
 * Errors: those of loading and running models; limit_exceeded, config_invalid (dimensions).
 */
export async function traceModel(
  asked: ModelToTrace,
  { tracer, ...how }: How & { readonly tracer: Tracer },
): Promise<Outcome<ModelTrace>> {
  if (asked.model.length > TRACE_MODEL_BYTES_MAX) {
    const text = `the model has ${asked.model.length} bytes, above ${TRACE_MODEL_BYTES_MAX}`;
    return fail(failure('limit_exceeded', `${text}: trace a smaller one`));
  }
  how.onStep({ what: 'loading the model', index: 0, count: 3 });
  const beginMs = how.nowMs();
  const plain = await opened(tracer, asked.model, {});
  const loadMs = how.nowMs() - beginMs;
  if (!plain.ok) return plain;
  const given = modelInputs(plain.value.raw.inputMetadata, asked.dimensions);
  if (!given.ok) {
    await plain.value.session.close();
    return given;
  }
  how.onStep({ what: 'running the model', index: 1, count: 3 });
  const runsMs = await timed(plain.value.session, { ...how, given: given.value });
  await plain.value.session.close();
  if (!runsMs.ok) return runsMs;
  how.onStep({ what: 'timing its nodes', index: 2, count: 3 });
  const profile = await profiled(tracer, { ...how, model: asked.model, given: given.value });
  if (!profile.ok) return profile;
  const { nodes, nodesMs, runsMs: profiledMs } = profile.value;
  return succeed({
    backend: tracer.backend,
    inputs: [...given.value.inputs].map(([name, { dtype, shape }]) => ({ name, dtype, shape })),
    dimensions: given.value.dimensions,
    loadMs,
    runsMs: runsMs.value,
    profiledMs,
    nodesMs,
    nodes: nodes.toSorted((a, b) => b.ms - a.ms),
  });
}

async function profiled(
  tracer: Tracer,
  of: How & { readonly model: Uint8Array; readonly given: ModelInputs },
): Promise<Outcome<Profile>> {
  const options = { ...(await tracer.beginProfile()), enableProfiling: true };
  const session = await opened(tracer, of.model, options);
  if (!session.ok) return session;
  const runs = await timed(session.value.session, of);
  const text = await tracer.endProfile(session.value.raw);
  await session.value.session.close();
  if (!runs.ok) return runs;
  const profile = readProfile(text);
  const hasGpuTimes = profile.nodes.some(({ on }) => on === 'gpu');
  if (profile.nodes.length > 0 && tracer.backend === 'webgpu' && !hasGpuTimes) {
    const why = 'this GPU does not tell how long its programs take (timestamp-query)';
    return fail(failure('backend_unsupported', `${why}: trace the model on wasm`));
  }
  if (profile.nodes.length > 0) return succeed(profile);
  const remedy = 'try another backend';
  const why = `ONNX Runtime gave no times of nodes on ${tracer.backend}: ${remedy}`;
  return fail(failure('execution_failed', why));
}

/** Runs for about TRIAL_MS; the first one, that warms up, left out. Milliseconds. */
async function timed(
  session: ModelSession,
  { given, nowMs, onRun }: How & { readonly given: ModelInputs },
): Promise<Outcome<readonly number[]>> {
  const runsMs: number[] = [];
  let startedAtMs = 0;
  const isEnough = (): boolean =>
    runsMs.length > TRACE_RUNS_MAX ||
    (runsMs.length > TRIAL_RUNS_MIN && nowMs() - startedAtMs > TRIAL_MS);
  while (!isEnough()) {
    const beginMs = nowMs();
    const run = await session.run(given.inputs);
    if (!run.ok) return withRemedy(run.failure, given);
    runsMs.push(nowMs() - beginMs);
    if (runsMs.length === 1) startedAtMs = nowMs();
    onRun();
  }
  return succeed(runsMs.slice(1));
}

function withRemedy(
  { code, message }: { code: Parameters<typeof failure>[0]; message: string },
  { dimensions }: ModelInputs,
): Outcome<never> {
  if (dimensions.size === 0) return fail(failure(code, message));
  const sizes = [...dimensions].map(([name, size]) => `${name}=${size}`).join(', ');
  return fail(failure(code, `${message}. Its open dimensions were ${sizes}: try others`));
}

type Opened = { readonly session: ModelSession; readonly raw: InferenceSession };

/** A session, and ONNX Runtime's own under it, which has names of dimensions and the profile. */
async function opened(
  { ort, options }: Tracer,
  model: Uint8Array,
  more: InferenceSession.SessionOptions,
): Promise<Outcome<Opened>> {
  const made: InferenceSession[] = [];
  const create: OrtPackage['InferenceSession']['create'] = async (bytes, wanted) => {
    const raw = await ort.InferenceSession.create(bytes, wanted);
    made.push(raw);
    return raw;
  };
  const watched = { Tensor: ort.Tensor, InferenceSession: { create } };
  const all = { ...options, ...more };
  const lostBecause = (): null => null;
  const session = await openModelSession({ ort: watched, model, options: all, lostBecause });
  if (!session.ok) return session;
  const [raw] = made;
  assert(raw !== undefined, 'a session that opened was made');
  return succeed({ session: session.value, raw });
}
