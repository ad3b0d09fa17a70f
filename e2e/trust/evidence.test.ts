import { existsSync, readdirSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CheckingPolicy } from '../../src/domain/checking.ts';
import { USUAL_TERMS } from '../../src/domain/job.ts';
import { writeBlob } from '../../src/data/index.ts';
import type { Tensor } from '../../src/domain/tensor.ts';
import { encodeEvidence, type Evidence } from '../../src/validation/index.ts';
import { evidenceListFromJson } from '../../src/wire/index.ts';
import { certain } from '../network/client.ts';
import { HandDrivenAgent } from '../network/hand-driven-agent.ts';
import { testOrchestrator, type TestOrchestrator } from '../network/orchestrator.ts';
import { manyhands } from '../network/processes.ts';
import { bundleOf, replay } from './evidence-bundle.ts';
import { digitsAreHere, digitsWork, floatWork, integerWork, type Work } from './works.ts';

let orchestrator: TestOrchestrator;
let folder: string;
beforeAll(async () => {
  orchestrator = await testOrchestrator();
  folder = await mkdtemp(join(tmpdir(), 'manyhands-evidence-'));
});
afterAll(async () => {
  await orchestrator.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Changes the first element, plainly and so that it would be seen with any tolerance. */
function wrong(tensor: Tensor): Tensor {
  const bytes = tensor.bytes.slice();
  if (tensor.dtype === 'float32') new Float32Array(bytes.buffer)[0]! += 8;
  else new Int32Array(bytes.buffer)[0]! += 1;
  return { ...tensor, bytes };
}

type Lie = { readonly checking?: CheckingPolicy; readonly asBlob?: boolean };

/** Lies about one task of a job, and gives the bundle that the quarantine names. */
async function caught(work: Work, { checking, asBlob = false }: Lie = {}) {
  const { job } = await orchestrator.producer.submit({
    ...USUAL_TERMS,
    name: work.name,
    workload: work.spec,
    checking: checking ?? { kind: 'recompute', share: 1 },
    rowsPerTask: work.rowsPerTask,
  });
  const liar = await HandDrivenAgent.join(orchestrator.url);
  const [task] = await liar.lease(1);
  if (task === undefined) throw new Error('a task was leased');
  const truth = await liar.compute(task);
  const lies = truth.map(wrong);
  const told = asBlob ? await asBlobs(liar, lies) : await liar.store(lies);
  const stop = new AbortController();
  const second = checking?.kind === 'twice' ? await HandDrivenAgent.join(orchestrator.url) : null;
  const working = second?.work(stop.signal);
  certain(await liar.report([{ task, told }]));
  const kept = await bundleOf(liar, orchestrator.url);
  stop.abort();
  await working;
  await orchestrator.producer.jobs.cancelJob({ jobId: job });
  return { liar, task, truth, ...kept };
}

async function asBlobs(agent: HandDrivenAgent, tensors: readonly Tensor[]) {
  const output = [];
  for (const { dtype, shape, bytes } of tensors) {
    async function* once(): AsyncGenerator<Uint8Array> {
      yield bytes;
    }
    const { blob } = certain(await writeBlob(agent.sink, once()));
    output.push({ dtype, shape, source: { kind: 'blob', blob, byteOffset: 0 } as const });
  }
  return { kind: 'output', output } as const;
}

/** The evidence with another claim in place of the accused's. */
function claiming({ results, ...rest }: Evidence, output: readonly Tensor[]): Evidence {
  const [accused, ...others] = results;
  if (accused === undefined) throw new Error('somebody is accused');
  const tensors = output.map(({ dtype, shape, bytes }) => {
    return { dtype, shape, source: { kind: 'inline', bytes } as const };
  });
  return { ...rest, results: [{ ...accused, output: tensors }, ...others] };
}

describe('evidence of a lie', () => {
  it('replays in another process to the same verdict, and is signed', async () => {
    const { id, bytes, liar } = await caught(await integerWork());
    const { code, json } = await replay(bytes);
    expect(json).toMatchObject({
      evidence: id,
      same: true,
      signature: 'signed',
      agent: liar.key.agent,
      wrong: { claimed: expect.any(String), right: expect.any(String) },
    });
    expect(code).toBe(0);
  });

  it.each<[string, () => Promise<Work>, Lie]>([
    ['an f32 graph', floatWork, {}],
    ['a claim in a blob', integerWork, { asBlob: true }],
    ['two keys that were compared', floatWork, { checking: { kind: 'twice' } }],
    ['a share of the rows', floatWork, { checking: { kind: 'recompute', share: 0.9 } }],
  ])('of %s replays to the same verdict', async (_, make, lie) => {
    const { bytes, evidence } = await caught(await make(), lie);
    expect(evidence).toMatchObject({ isWhole: true });
    expect(await replay(bytes)).toMatchObject({ code: 0, json: { same: true } });
  });

  it.skipIf(!digitsAreHere)('of a real model replays to the same verdict', async () => {
    const { bytes, evidence } = await caught(await digitsWork(orchestrator));
    expect(evidence).toMatchObject({ isWhole: true });
    expect(evidence.blocks.size).toBeGreaterThan(1);
    expect(await replay(bytes)).toMatchObject({ code: 0, json: { same: true } });
  });

  it('whose blocks are left out is replayed with those of its orchestrator, or not', async () => {
    const { evidence } = await caught(await integerWork(), { asBlob: true });
    expect(evidence.blocks.size).toBeGreaterThan(0);
    const bytes = encodeEvidence({ ...evidence, isWhole: false, blocks: new Map() });
    const alone = await replay(bytes);
    expect(alone).toMatchObject({ code: 1, json: { failure: { code: 'block_unknown' } } });
    const helped = await replay(bytes, '--from', orchestrator.url);
    expect(helped).toMatchObject({ code: 0, json: { same: true } });
  });

  it('is listed by its orchestrator, got by its id, and replayed from there', async () => {
    const { id, reason, bytes, liar } = await caught(await integerWork());
    const response = await fetch(`${orchestrator.url}/evidence`);
    const [newest] = certain(evidenceListFromJson(await response.json()));
    expect(newest).toMatchObject({ id, agent: liar.key.agent, isSigned: true });
    expect(reason).toContain(newest?.reason);
    const at = ['--orchestrator', orchestrator.url];
    const path = join(folder, 'got.evidence');
    const got = await manyhands(['evidence', 'get', id, '--output', path, ...at]);
    expect(got.code).toBe(0);
    expect(await manyhands(['evidence', 'replay', id, ...at])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('SAME'),
    });
    const listed = await manyhands(['evidence', 'list', ...at]);
    expect(listed.stdout).toContain(id);
    expect(existsSync(path)).toBe(true);
    const kept = readdirSync(join(orchestrator.data, 'evidence'));
    expect(kept).toContain(`${id}.evidence`);
    expect(bytes.byteLength).toBe(newest?.byteLength);
  });

  it('is open to other pages, may be kept for ever, and is a page to who opens it', async () => {
    const { id } = await caught(await integerWork());
    const response = await fetch(`${orchestrator.url}/evidence/${id}`);
    await response.body?.cancel();
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('cache-control')).toContain('immutable');
    const opened = await fetch(`${orchestrator.url}/evidence/${id}`, {
      headers: { accept: 'text/html' },
    });
    expect(await opened.text()).toContain('page');
    const unknown = id.slice(0, -2) + (id.at(-2) === 'a' ? 'b' : 'a') + id.slice(-1);
    expect((await fetch(`${orchestrator.url}/evidence/${unknown}`)).status).toBe(404);
  });
});

describe('evidence that was tampered with', () => {
  it('by one byte of the claim is no longer signed, and differs', async () => {
    const { evidence, task, liar } = await caught(await integerWork());
    const claim = evidence.results[0]?.output[0];
    if (claim?.source.kind !== 'inline') throw new Error('a small claim is inline');
    const bytes = claim.source.bytes.slice();
    bytes[0] = (bytes[0] ?? 0) ^ 0x40;
    const { dtype, shape } = claim;
    const changed = claiming(evidence, [{ dtype, shape, bytes }]);
    expect(task.rows).toEqual(evidence.rows);
    expect(await replay(encodeEvidence(changed))).toMatchObject({
      code: 6,
      json: { same: false, signature: 'false', agent: liar.key.agent },
    });
  });

  it('so that an honest result is dressed as a lie differs, signed or not', async () => {
    const { evidence, truth, liar, task } = await caught(await integerWork());
    const dressed = claiming(evidence, truth);
    expect(await replay(encodeEvidence({ ...dressed, report: null }))).toMatchObject({
      code: 6,
      json: { same: false, signature: 'absent', results: [{ found: { kind: 'accepted' } }] },
    });
    const signed = await liar.sign([{ task, told: await liar.store(truth) }]);
    const report = { lease: task.lease, receivedAtMs: evidence.judgedAtMs, ...signed };
    expect(await replay(encodeEvidence({ ...dressed, report }))).toMatchObject({
      code: 6,
      json: { same: false, signature: 'signed' },
    });
  });

  it("so that another's key is accused is not signed by it", async () => {
    const { evidence } = await caught(await integerWork());
    const innocent = await HandDrivenAgent.join(orchestrator.url);
    const results = evidence.results.map((result) => ({ ...result, agent: innocent.key.agent }));
    expect(await replay(encodeEvidence({ ...evidence, results }))).toMatchObject({
      code: 5,
      json: { same: true, signature: 'false', signatureFailure: { code: 'signature_invalid' } },
    });
  });

  it.each<[string, (evidence: Evidence) => Promise<Evidence>]>([
    [
      'of another lease',
      async (evidence) => {
        const lease = `lease_${'0'.repeat(26)}`;
        const report = evidence.report && { ...evidence.report, lease: lease as never };
        return { ...evidence, report };
      },
    ],
  ])('by a report %s is not signed', async (_, change) => {
    const { evidence } = await caught(await integerWork());
    expect(await replay(encodeEvidence(await change(evidence)))).toMatchObject({
      code: 5,
      json: { signature: 'false' },
    });
  });

  it('by a block that its check does not read, or lost bytes, is refused', async () => {
    const { evidence, bytes } = await caught(await integerWork(), { asBlob: true });
    const other = await caught(await floatWork(), { asBlob: true });
    const blocks = new Map([...evidence.blocks, ...other.evidence.blocks]);
    expect(await replay(encodeEvidence({ ...evidence, blocks }))).toMatchObject({
      code: 5,
      json: { failure: { code: 'input_invalid' } },
    });
    const fewer = new Map([...evidence.blocks].slice(1));
    expect(await replay(encodeEvidence({ ...evidence, blocks: fewer }))).toMatchObject({
      code: 5,
      json: { failure: { code: 'input_malformed' } },
    });
    expect(await replay(bytes.subarray(0, -1))).toMatchObject({ code: 5 });
  });
});
