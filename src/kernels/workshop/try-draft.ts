import { assert, assertNever } from '../../domain/assert.ts';
import { DRAFT_BYTES_MAX } from '../../domain/limits.ts';
import { failure } from '../../domain/failure.ts';
import type { OperatorName } from '../../domain/operator.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { casesOf } from '../cases.ts';
import type { Kernels } from '../kernels.ts';
import type { OperatorCase } from '../operator-case.ts';
import { runReference } from '../reference.ts';
import { toleranceOf } from '../tolerance.ts';
import { runTrial, type Trial } from '../trial/trial.ts';
import { trialSizes } from '../trial/trial-sizes.ts';
import type { Draft, DraftFinding, WorkshopStep, OpenedDraft, VectorFinding } from './draft.ts';
import { gpuHere } from './gpu-here.ts';
import { openWasmDraft } from './wasm-draft.ts';
import { openWgslDraft } from './wgsl-draft.ts';
import { elementWords, wrongElements } from '../wrong-elements.ts';

/** How to try a draft. */
export type DraftTrying = {
  readonly gpu: () => Promise<GPU | null>;
  /** Whether one that is right is timed, too. */
  readonly isTimed: boolean;
  /** Any clock, in milliseconds. */
  readonly nowMs: () => number;
  readonly signal: AbortSignal;
  /** Before each vector and each size. */
  readonly onStep: (step: WorkshopStep) => void;
  /** After each run of the draft: it is not endless. */
  readonly onRun: () => void;
};

/**
 * Tries a draft on its operator's published vectors, and times it where all are right.
 *
 * What it is given may run for ever or take the process with it: this belongs into a worker that its
 * owner can end. See `runApart`.
 *
 * Errors: backend_unsupported (no WebGPU), limit_exceeded (its size), canceled.
 */
export async function tryDraft(draft: Draft, how: DraftTrying): Promise<Outcome<DraftFinding>> {
  const bytes = draft.kind === 'wgsl' ? draft.source.length : draft.module.length;
  if (bytes > DRAFT_BYTES_MAX) {
    const text = `this draft has ${bytes} bytes, above ${DRAFT_BYTES_MAX}: make it smaller`;
    return fail(failure('limit_exceeded', text));
  }
  const opened = await openDraft(draft, how);
  if (!opened.ok) return opened;
  if (opened.value.kind !== 'open') return succeed(opened.value);
  try {
    return await triedOn(opened.value, { ...how, operator: draft.operator });
  } finally {
    opened.value.kernels.close();
  }
}

async function openDraft(draft: Draft, { gpu }: DraftTrying): Promise<Outcome<OpenedDraft>> {
  switch (draft.kind) {
    case 'wasm':
      return succeed(await openWasmDraft(draft));
    case 'wgsl': {
      const found = await gpuHere(gpu);
      return found.ok ? openWgslDraft(found.value, draft) : found;
    }
    default:
      return assertNever(draft);
  }
}

type Open = Extract<OpenedDraft, { kind: 'open' }>;
type DeviceLost = Extract<DraftFinding, { kind: 'device-lost' }>;
type Trying = DraftTrying & { readonly operator: OperatorName };

async function triedOn(draft: Open, of: Trying): Promise<Outcome<DraftFinding>> {
  const { messages } = draft;
  const kernels = watched(draft.kernels, of.onRun);
  const cases = casesOf(of.operator);
  const count = cases.length + (of.isTimed ? trialSizes(of.operator).length : 0);
  const vectors: VectorFinding[] = [];
  for (const [index, one] of cases.entries()) {
    if (of.signal.aborted) return canceled();
    of.onStep({ what: one.name, index, count });
    const found = await findingOf(kernels, one);
    if (found.kind === 'device-lost') return succeed(found);
    vectors.push(found);
    // A module that trapped may have left anything in its memory.
    if (found.kind === 'failed') break;
  }
  const isRight = vectors.every(({ kind }) => kind === 'right');
  if (!isRight) return succeed({ kind: 'wrong', messages, vectors });
  if (!of.isTimed) return succeed({ kind: 'right', messages, vectors, trials: [] });
  return timedOn(draft, { ...of, vectors, before: cases.length, count });
}

async function timedOn(
  draft: Open,
  of: Trying & {
    readonly vectors: readonly VectorFinding[];
    readonly before: number;
    readonly count: number;
  },
): Promise<Outcome<DraftFinding>> {
  const kernels = watched(draft.timed, of.onRun);
  const { messages } = draft;
  const { vectors, count } = of;
  const trials: Trial[] = [];
  for (const [index, size] of trialSizes(of.operator).entries()) {
    const what = size.join(' x ');
    of.onStep({ what, index: of.before + index, count });
    const trial = await runTrial(kernels, { ...of, size });
    if (!trial.ok && trial.failure.code === 'canceled') return trial;
    if (!trial.ok && trial.failure.code === 'device_lost') {
      return succeed({ kind: 'device-lost', during: what, why: trial.failure.message });
    }
    const why = trial.ok ? differenceOf(trial.value) : trial.failure.message;
    if (why !== null) {
      const failed: VectorFinding = { vector: what, shapes: [], kind: 'failed', why };
      return succeed({ kind: 'wrong', messages, vectors: [...vectors, failed] });
    }
    if (trial.ok) trials.push(trial.value);
  }
  return succeed({ kind: 'right', messages, vectors, trials });
}

function differenceOf({ held }: Trial): string | null {
  return held.kind === 'right' ? null : elementWords(held.worst);
}

async function findingOf(
  kernels: Kernels,
  { name, call }: OperatorCase,
): Promise<VectorFinding | DeviceLost> {
  const expected = runReference(call);
  assert(expected.ok, 'published vectors are valid calls');
  const of = { vector: name, shapes: call.inputs.map(({ shape }) => shape) };
  const actual = await kernels.run(call);
  if (!actual.ok) {
    const { code, message: why } = actual.failure;
    if (code === 'device_lost') return { kind: 'device-lost', during: name, why };
    return { ...of, kind: 'failed', why };
  }
  const pair = { expected: expected.value, actual: actual.value };
  const compared = wrongElements({ ...pair, tolerance: toleranceOf(call) });
  if (compared.kind === 'wrong') return { ...of, ...compared };
  return { ...of, kind: 'right', share: compared.share };
}

/** Tells of each run that came to its end. */
function watched(kernels: Kernels, onRun: () => void): Kernels {
  return {
    backend: kernels.backend,
    operators: kernels.operators,
    lost: kernels.lost,
    close: () => kernels.close(),
    run: async (call, into) => {
      const result = await kernels.run(call, into);
      onRun();
      return result;
    },
  };
}

function canceled(): Outcome<never> {
  return fail(failure('canceled', 'stopped before the end'));
}
