import { createClient, type Client } from '@connectrpc/connect';
import type { Failure } from '../../domain/failure.ts';
import { parseJobId, type JobId } from '../../domain/ids.ts';
import { AGENT_CALL_MS } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { randomStream, type RandomStream } from '../../domain/random.ts';
import type { Tensor } from '../../domain/tensor.ts';
import {
  failureFromConnect,
  jobFromWire,
  JobService,
  jobSpecToWire,
  namedTensorFromWire,
} from '../../wire/index.ts';
import type { JobView } from '../../domain/job.ts';
import type { AgentWorld } from '../agents/agent-node.ts';
import { SimulatedProcess } from '../kernel/simulated-process.ts';
import { simulatedTransport } from '../network/simulated-transport.ts';
import type { JobDesign } from './job-design.ts';

const RETRY_MS = 2_000;
const LOOK_MS = 3_000;

/** Submits jobs at their time, again until they are acknowledged, and follows each to its end. */
export class ProducerNode {
  readonly #world: AgentWorld;
  readonly #random: RandomStream;
  readonly #process: SimulatedProcess;
  readonly #client: Client<typeof JobService>;
  #openCount = 0;

  constructor(world: AgentWorld, name: string) {
    this.#world = world;
    this.#random = randomStream(world.seed, name);
    this.#process = new SimulatedProcess(world.time);
    const link = world.network.link(name);
    const transport = simulatedTransport({ link, seat: world.seat, process: this.#process });
    this.#client = createClient(JobService, transport);
  }

  /** Jobs that are not over. */
  get openCount(): number {
    return this.#openCount;
  }

  /** Takes a job on, to be submitted at its time. */
  plan(design: JobDesign): void {
    const { key, spec, rowCount: rows, isPoisoned, cancelAfterMs } = design;
    const share = { adaptive: 1, auto: -1, twice: 0, recompute: 1 }[spec.checking.kind];
    this.#openCount += 1;
    this.#world.history.add({
      kind: 'job-planned',
      key,
      share: spec.checking.kind === 'recompute' ? spec.checking.share : share,
      weight: spec.weight,
      rows,
      hasDeadline: spec.deadlineMs !== null,
      isPoisoned,
      isCanceled: cancelAfterMs !== null,
    });
    this.#process.after(design.submitAtMs, () => void this.#follow(design));
  }

  async #follow(design: JobDesign): Promise<void> {
    const job = await this.#submit(design);
    if (design.isDoubled) await this.#submit(design);
    if (design.cancelAfterMs !== null) {
      this.#process.after(design.cancelAfterMs, () => void this.#cancel(job));
    }
    const view = await this.#untilEnded(job);
    if (view.state === 'done') await this.#readOutput(job, design);
    this.#openCount -= 1;
  }

  async #submit({ key, spec, isDoubled }: JobDesign): Promise<JobId> {
    const request = { idempotencyKey: key, spec: jobSpecToWire(spec) };
    const ask = () => this.#call((options) => this.#client.submitJob(request, options));
    // A second one at the same time, as an impatient client would send.
    if (isDoubled) void ask();
    for (;;) {
      const submitted = await ask();
      const job = submitted.ok ? parseJobId(submitted.value.job?.jobId ?? '') : submitted;
      if (job.ok) {
        this.#world.history.add({ kind: 'job-acknowledged', key, job: job.value });
        return job.value;
      }
      await this.#pause(RETRY_MS);
    }
  }

  async #cancel(job: JobId): Promise<void> {
    for (;;) {
      const canceled = await this.#call((options) =>
        this.#client.cancelJob({ jobId: job }, options),
      );
      if (canceled.ok) return;
      await this.#pause(RETRY_MS);
    }
  }

  async #untilEnded(job: JobId): Promise<JobView> {
    for (;;) {
      await this.#pause(LOOK_MS);
      const seen = await this.#call((options) => this.#client.getJob({ jobId: job }, options));
      const view = seen.ok ? jobFromWire(seen.value.job) : seen;
      if (!view.ok) {
        this.#noteMissing(job, view.failure);
        continue;
      }
      const { state } = view.value;
      const reason = view.value.failure?.message ?? '';
      this.#world.history.add({ kind: 'job-seen', job, state, reason });
      if (view.value.endedAtMs !== null) return view.value;
    }
  }

  async #readOutput(job: JobId, { truth }: JobDesign): Promise<void> {
    for (;;) {
      const answer = await this.#call((options) => this.#client.getOutput({ jobId: job }, options));
      const [first] = answer.ok ? answer.value.outputs : [];
      const output = first === undefined ? null : namedTensorFromWire(first);
      if (output !== null && output.ok) {
        const { dtype, shape, source } = output.value.tensor;
        const bytes = source.kind === 'inline' ? source.bytes : new Uint8Array();
        const wrong = wrongRows({ dtype, shape, bytes }, truth);
        const rows = shape[0] ?? 0;
        const facts = { rows, rowsWanted: truth.length, rowsWrong: wrong };
        return this.#world.history.add({ kind: 'output-read', job, ...facts });
      }
      if (!answer.ok) this.#noteMissing(job, answer.failure);
      await this.#pause(RETRY_MS);
    }
  }

  /** Whoever acknowledged a job must know it. */
  #noteMissing(job: JobId, { code, message: reason }: Failure): void {
    if (code !== 'job_unknown' && code !== 'job_not_finished') return;
    this.#world.history.add({ kind: 'job-missing', job, reason });
  }

  async #call<T>(
    make: (options: { readonly timeoutMs: number }) => Promise<T>,
  ): Promise<Outcome<T>> {
    try {
      return succeed(await make({ timeoutMs: AGENT_CALL_MS }));
    } catch (thrown) {
      return fail(failureFromConnect(thrown));
    }
  }

  #pause(forMs: number): Promise<void> {
    const jitterMs = this.#random.nextBelow(500);
    return new Promise((resolve) => void this.#process.after(forMs + jitterMs, resolve));
  }
}

/** How many rows of an output differ from the truth. */
function wrongRows(output: Tensor, truth: readonly (readonly number[])[]): number {
  const values = new Float32Array(output.bytes.slice().buffer);
  const width = truth[0]?.length ?? 0;
  let wrong = 0;
  for (const [row, numbers] of truth.entries()) {
    if (numbers.some((value, column) => values[row * width + column] !== value)) wrong += 1;
  }
  return wrong;
}
