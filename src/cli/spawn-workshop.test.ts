import { describe, expect, it } from 'vitest';
import type { Outcome } from '../domain/outcome.ts';
import { tryDraftApart, wgslContract, type Draft, type DraftFinding } from '../kernels/index.ts';
// Only tests compile drafts.
import { compiledDraft, RELU_DRAFT } from '../kernels/workshop/compiled-draft.contract.ts';
import { openSoftwareGpu } from '../kernels/software-gpu.contract.ts';
import { spawnWorkshop } from './spawn-workshop.ts';

const gpu = await openSoftwareGpu();
/** A process loads for some seconds on a busy machine before it says anything. */
const SILENCE_MS = 10_000;

function tried(
  draft: Draft,
  of: { readonly signal?: AbortSignal; readonly onStep?: () => void } = {},
): Promise<Outcome<DraftFinding>> {
  const { signal = new AbortController().signal, onStep = () => undefined } = of;
  const how = { spawn: spawnWorkshop, silenceMs: SILENCE_MS, isTimed: false };
  return tryDraftApart(draft, { ...how, signal, onStep });
}

async function reluDraft(part: string, by: string): Promise<Draft> {
  const module = await compiledDraft(RELU_DRAFT.replace(part, by));
  return { kind: 'wasm', operator: 'relu', module };
}

const ENDLESS = 'let count = 1; while (load<i32>(sizes) >= 0) { count = count * 3 + 1; }';

describe('a workshop in a process of its own', { timeout: 60_000 }, () => {
  it('tells what came of a draft', async () => {
    const finding = await tried(await reluDraft('', ''));
    expect(finding).toMatchObject({ ok: true, value: { kind: 'right' } });
  });

  it('is ended where a WASM draft never ends, and says at which vector', async () => {
    const finding = await tried(await reluDraft('let count = 1;', ENDLESS));
    expect(finding).toMatchObject({
      ok: true,
      value: { kind: 'endless', during: 'a scalar', limitMs: SILENCE_MS },
    });
  });

  it('is ended where a WASM draft never ends starting', async () => {
    const finding = await tried(
      await reluDraft(
        'export function',
        'memory.grow(1); while (memory.size() > 0) store<i32>(8, load<i32>(8) + 1);\nexport function',
      ),
    );
    expect(finding).toMatchObject({ ok: true, value: { kind: 'endless', during: 'starting' } });
  });

  it('is ended at once where whoever asked for it does not want it any more', async () => {
    const stop = new AbortController();
    const draft = await reluDraft('let count = 1;', ENDLESS);
    const finding = await tried(draft, { signal: stop.signal, onStep: () => stop.abort() });
    expect(finding).toMatchObject({ ok: false, failure: { code: 'canceled' } });
    expect(await tried(draft, { signal: stop.signal })).toEqual(finding);
  });

  it.skipIf(!gpu)('is ended where a shader never ends', async () => {
    const { source } = wgslContract('softmax');
    const loop = 'while (sizes.columns != 0u) { result[0] += 1u; }\nvar order = LOWEST;';
    const endless = source.replace('var order = LOWEST;', loop);
    expect(endless).not.toBe(source);
    const finding = await tried({ kind: 'wgsl', operator: 'softmax', source: endless });
    expect(finding).toMatchObject({ ok: true, value: { kind: 'endless', during: '[1,1]' } });
    // The GPU serves the next one.
    const next = await tried({ kind: 'wgsl', operator: 'softmax', source });
    expect(next).toMatchObject({ ok: true, value: { kind: 'right' } });
  });
});
