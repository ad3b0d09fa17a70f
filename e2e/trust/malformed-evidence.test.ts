import { toBinary, type MessageShape } from '@bufbuild/protobuf';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeBlob } from '../../src/data/index.ts';
import { USUAL_TERMS } from '../../src/domain/job.ts';
import { LEAF_BYTES } from '../../src/domain/limits.ts';
import type { TensorRef } from '../../src/domain/tensor.ts';
import { leafIdOf, signBytes } from '../../src/integrity/index.ts';
import { encodeEvidence, type Evidence } from '../../src/validation/index.ts';
import {
  evidenceListFromJson,
  reportMessageFromBytes,
  ReportSchema,
} from '../../src/wire/index.ts';
import { certain } from '../network/client.ts';
import { HandDrivenAgent } from '../network/hand-driven-agent.ts';
import { testOrchestrator, type TestOrchestrator } from '../network/orchestrator.ts';
import { bundleOf, replay } from './evidence-bundle.ts';
import { integerWork } from './works.ts';

let orchestrator: TestOrchestrator;
beforeAll(async () => {
  orchestrator = await testOrchestrator();
});
afterAll(() => orchestrator.close());

/** A job, an agent that is to lie about a task of it, and its true output. */
async function liarWithTask() {
  const work = await integerWork();
  const { job } = await orchestrator.producer.submit({
    ...USUAL_TERMS,
    name: work.name,
    workload: work.spec,
    checking: { kind: 'recompute', share: 1 },
    rowsPerTask: work.rowsPerTask,
  });
  const liar = await HandDrivenAgent.join(orchestrator.url);
  const [task] = await liar.lease(1);
  if (task === undefined) throw new Error('a task was leased');
  const told = await liar.store(await liar.compute(task));
  const [right] = told.kind === 'output' ? told.output : [];
  if (right?.source.kind !== 'inline') throw new Error('a small output is inline');
  const end = () => orchestrator.producer.jobs.cancelJob({ jobId: job });
  return { liar, task, right: { ...right, source: right.source }, end };
}

type Right = Awaited<ReturnType<typeof liarWithTask>>['right'];

type Lie = (right: Right, liar: HandDrivenAgent) => Awaitable<readonly TensorRef[]>;
type Awaitable<T> = T | Promise<T>;

/** Lies once, and gives the bundle that the quarantine names. */
async function caught(lie: Lie) {
  const { liar, task, right, end } = await liarWithTask();
  const output = await lie(right, liar);
  const reported = await liar.report([{ task, told: { kind: 'output', output } }]);
  expect(certain(reported).statuses).toEqual(['malformed']);
  await end();
  return { liar, task, right, ...(await bundleOf(liar, orchestrator.url)) };
}

type WireResult = MessageShape<typeof ReportSchema>['results'][number];
const inline = (bytes: Uint8Array) => ({ kind: 'inline', bytes }) as const;

/** Puts a blob, and says that it has the output from some byte of it on. */
function inBlob(size: (rightBytes: number) => number, byteOffset = 0): Lie {
  return async ({ dtype, shape, source }, liar) => {
    async function* once(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(size(source.bytes.byteLength));
    }
    const { blob } = certain(await writeBlob(liar.sink, once()));
    return [{ dtype, shape, source: { kind: 'blob', blob, byteOffset } }];
  };
}
const ONE_SHORT = inBlob((right) => right - 1);

describe('a malformed result', () => {
  it.each<[string, Lie, RegExp]>([
    ['without any tensor', () => [], /0 tensors instead of 1/],
    ['with one too many', (right) => [right, right], /2 tensors instead of 1/],
    ['of another type', (right) => [{ ...right, dtype: 'float32' }], /is float32 instead of int32/],
    [
      'of another shape',
      (right) => [{ ...right, shape: [...right.shape].reverse() }],
      /has shape \[.*\] instead of/,
    ],
    [
      'with bytes left out',
      (right) => [{ ...right, source: inline(right.source.bytes.subarray(4)) }],
      /bytes/,
    ],
    [
      'larger than any tensor',
      (right) => [{ ...right, shape: [2 ** 40, 2 ** 40] }],
      /a tensor has at most/,
    ],
    ['in a blob that is a byte short', ONE_SHORT, /has 95 bytes from 0 on.*needs 96/],
    [
      'from too far in a blob of many leaves on',
      inBlob(() => LEAF_BYTES + 100, LEAF_BYTES + 5),
      /has 95 bytes from 262149 on.*needs 96/,
    ],
  ])('%s leaves evidence that replays to the same verdict, signed', async (_, lie, words) => {
    const { liar, id, bytes, reason } = await caught(lie);
    expect(reason).toMatch(words);
    expect(await replay(bytes)).toMatchObject({
      code: 0,
      json: {
        ...{ evidence: id, same: true, signature: 'signed', check: 'structure' },
        agent: liar.key.agent,
        results: [{ found: { kind: 'rejected', reason: expect.stringMatching(words) } }],
      },
    });
    const list = await fetch(`${orchestrator.url}/evidence`);
    const [newest] = certain(evidenceListFromJson(await list.json()));
    expect(newest).toMatchObject({ id, check: 'structure', isSigned: true });
  });

  it('whose blob was never sent leaves none: nothing shows that it was not', async () => {
    const { liar, task, right, end } = await liarWithTask();
    const blob = `bafkrei${'a'.repeat(52)}` as never;
    const output = [{ ...right, source: { kind: 'blob', blob, byteOffset: 0 } as const }];
    const reported = await liar.report([{ task, told: { kind: 'output', output } }]);
    expect(certain(reported).statuses).toEqual(['malformed']);
    expect(certain(reported).standing.quarantine?.reason).not.toContain('evidence');
    await end();
  });

  it('whose blob the disk here damaged is no lie: its task is done by others', async () => {
    const { liar: honest, task, right, end } = await liarWithTask();
    const output = await inBlob((bytes) => bytes)(right, honest);
    const [{ source } = right] = output;
    const blob = source.kind === 'blob' ? source.blob : '';
    writeFileSync(join(orchestrator.data, 'blocks', blob.slice(-3, -1), blob), 'damaged');
    const reported = await honest.report([{ task, told: { kind: 'output', output } }]);
    expect(certain(reported)).toMatchObject({
      statuses: ['received'],
      standing: { rejected: 0, pending: 0, quarantine: null },
    });
    const [again] = await (await HandDrivenAgent.join(orchestrator.url)).lease(1);
    expect(again?.task).toBe(task.task);
    await end();
  });

  it.each<[string, (result: WireResult | undefined) => void]>([
    ['neither output nor failure', (result) => result && (result.result = { case: undefined })],
    [
      'an element type that is none',
      (result) => {
        const outputs = result?.result;
        const [tensor] = outputs?.case === 'outputs' ? outputs.value.tensors : [];
        // No type has this number, which is the point.
        if (tensor !== undefined) tensor.dtype = 99 as never;
      },
    ],
  ])('with %s breaks the rules of reports, which are refused whole', async (_, spoil) => {
    const { liar, task, right, end } = await liarWithTask();
    const { bytes } = await liar.sign([{ task, told: { kind: 'output', output: [right] } }]);
    const report = certain(reportMessageFromBytes(bytes));
    spoil(report.results[0]);
    const spoilt = toBinary(ReportSchema, report);
    const signature = await signBytes(liar.key, { purpose: 'report', bytes: spoilt });
    const { signal } = new AbortController();
    const told = await liar.rpc.report({ bytes: spoilt, signature }, signal);
    expect(told).toMatchObject({ ok: false, failure: { code: 'input_invalid' } });
    expect(await liar.standing()).toMatchObject({ rejected: 0, quarantine: null });
    expect(await liar.do(task)).toMatchObject({ statuses: ['received'] });
    await end();
  });

  it('among many is shown once, by one bundle of its report', async () => {
    const before = await listed();
    const { liar, task, right, end } = await liarWithTask();
    const [other] = await liar.lease(1);
    if (other === undefined) throw new Error('a task was leased');
    const told = { kind: 'output', output: [right, right] } as const;
    const reported = await liar.report([
      { task, told },
      { task: other, told },
    ]);
    // The quarantine for the first one ended the lease of the second.
    expect(certain(reported).statuses).toEqual(['malformed', 'late']);
    await end();
    expect((await listed()).length).toBe(before.length + 1);
  });
});

async function listed() {
  const response = await fetch(`${orchestrator.url}/evidence`);
  return certain(evidenceListFromJson(await response.json()));
}

describe('evidence of structure that was tampered with', () => {
  const none = () => [];

  it('by an honest report of the same key differs', async () => {
    const { evidence, liar, task, right } = await caught(none);
    const honest = await liar.sign([{ task, told: { kind: 'output', output: [right] } }]);
    const report = { lease: task.lease, receivedAtMs: evidence.judgedAtMs, ...honest };
    expect(await replay(encodeEvidence({ ...evidence, report }))).toMatchObject({
      code: 6,
      json: { same: false, signature: 'signed', results: [{ found: { kind: 'accepted' } }] },
    });
  });

  it("so that another's key is accused is not signed by it", async () => {
    const { evidence } = await caught(none);
    const innocent = await HandDrivenAgent.join(orchestrator.url);
    const results = evidence.results.map((result) => ({ ...result, agent: innocent.key.agent }));
    expect(await replay(encodeEvidence({ ...evidence, results }))).toMatchObject({
      code: 5,
      json: { same: true, signature: 'false', signatureFailure: { code: 'signature_invalid' } },
    });
  });

  it.each<[string, (evidence: Evidence, right: Right) => Partial<Evidence>]>([
    ['without a report', () => ({ report: null })],
    [
      'with an output beside the report',
      ({ results }, right) => ({
        results: results.map((result) => ({ ...result, output: [right] })),
      }),
    ],
    ['that says it lacks blocks', () => ({ isWhole: false })],
  ])('%s is refused', async (_, change) => {
    const { evidence, right } = await caught(none);
    const bytes = encodeEvidence({ ...evidence, ...change(evidence, right) });
    expect(await replay(bytes)).toMatchObject({
      code: 5,
      json: { failure: { code: 'input_malformed' } },
    });
  });

  it.each<[string, number, object]>([
    ['one block that the report does not name', 1, { code: 'input_invalid' }],
    ['more blocks than one blob has', 2, { code: 'input_malformed' }],
  ])('by %s is refused', async (_, count, failure) => {
    const { evidence } = await caught(none);
    const blocks = new Map(evidence.blocks);
    while (blocks.size < count) {
      const bytes = Uint8Array.of(blocks.size);
      blocks.set(await leafIdOf(bytes), bytes);
    }
    const bytes = encodeEvidence({ ...evidence, blocks });
    expect(await replay(bytes)).toMatchObject({ code: 5, json: { failure } });
  });

  it('by leaving out the block that shows how long a blob is differs', async () => {
    const { evidence } = await caught(ONE_SHORT);
    expect(evidence.blocks.size).toBe(1);
    expect(await replay(encodeEvidence({ ...evidence, blocks: new Map() }))).toMatchObject({
      code: 6,
      json: { same: false, results: [{ found: { kind: 'accepted' } }] },
    });
  });

  it('so that a blob is accused of being short that is not differs', async () => {
    const { evidence, liar, task, right } = await caught(ONE_SHORT);
    const output = await inBlob((bytes) => bytes)(right, liar);
    const signed = await liar.sign([{ task, told: { kind: 'output', output } }]);
    const report = { lease: task.lease, receivedAtMs: evidence.judgedAtMs, ...signed };
    const bytes = new Uint8Array(right.source.bytes.byteLength);
    const blocks = new Map([[await leafIdOf(bytes), bytes]]);
    expect(await replay(encodeEvidence({ ...evidence, report, blocks }))).toMatchObject({
      code: 6,
      json: { same: false, signature: 'signed', results: [{ found: { kind: 'accepted' } }] },
    });
  });
});
