import { USUAL_TERMS } from '../../src/domain/job.ts';
import { certain } from '../network/client.ts';
import { HandDrivenAgent } from '../network/hand-driven-agent.ts';
import type { TestOrchestrator } from '../network/orchestrator.ts';
import { readOutput } from '../network/outputs.ts';
import type { CheckingPolicy } from '../../src/domain/checking.ts';
import type { Standing } from '../../src/domain/standing.ts';
import type { LeasedTask } from '../../src/domain/work.ts';
import type { Lie } from './lies.ts';
import { differences, type Work } from './works.ts';

/** Who is there beside the liars, and how the job's results are checked. */
export type Scene = {
  readonly name: string;
  readonly checking: CheckingPolicy;
  /** Honest agents that are there while lies are told; none: each liar is alone with the job. */
  readonly honestBeside: number;
};

export const SCENES: readonly Scene[] = [
  { name: 'auto, beside another', checking: { kind: 'auto' }, honestBeside: 1 },
  { name: 'auto, alone', checking: { kind: 'auto' }, honestBeside: 0 },
  { name: 'twice', checking: { kind: 'twice' }, honestBeside: 2 },
  { name: 'recompute', checking: { kind: 'recompute', share: 1 }, honestBeside: 1 },
];

/** What a play came to. */
export type Ending = {
  /** Elements of the output that are not as one machine alone computes them. */
  readonly wrong: readonly string[];
  readonly liars: ReadonlyMap<string, Standing>;
  readonly honest: readonly Standing[];
};

type Play = {
  readonly orchestrator: TestOrchestrator;
  readonly work: Work;
  readonly scene: Scene;
  readonly lies: readonly Pick<Lie, 'name' | 'tell'>[];
};

/** For each lie a liar takes two tasks of one job, computes them rightly, and lies of both. */
export async function play(of: Play): Promise<Ending> {
  const { orchestrator, work, scene } = of;
  const { producer } = orchestrator;
  const { job } = await producer.submit({
    name: scene.name,
    workload: work.spec,
    ...USUAL_TERMS,
    checking: scene.checking,
    rowsPerTask: work.rowsPerTask,
  });
  const told = scene.honestBeside === 0 ? await lieOneByOne(of) : await lieTogether(of);
  const { state, failure } = await finish(told.honest, producer.watch(job));
  if (state !== 'done') throw new Error(`the job is ${state}: ${failure?.message}`);
  const honest = await Promise.all(told.honest.map((agent) => agent.standing()));
  const liars = new Map<string, Standing>();
  for (const [name, how] of told.liars) liars.set(name, 'leave' in how ? await bye(how) : how);
  await Promise.all(told.honest.map((agent) => agent.leave()));
  const outputs = await readOutput(orchestrator, job);
  return { wrong: differences(work, outputs), liars, honest };
}

async function bye(agent: HandDrivenAgent): Promise<Standing> {
  const standing = await agent.standing();
  await agent.leave();
  return standing;
}

type Told = {
  /** Those that are still there, and how those stood that are gone. */
  readonly liars: ReadonlyMap<string, HandDrivenAgent | Standing>;
  readonly honest: readonly HandDrivenAgent[];
};

/** All lease before anyone reports, so that each liar's tasks are its own. */
async function lieTogether({ orchestrator, scene, lies }: Play): Promise<Told> {
  const join = () => HandDrivenAgent.join(orchestrator.url);
  const honest = await Promise.all(Array.from({ length: scene.honestBeside }, join));
  const liars = new Map<string, HandDrivenAgent>();
  const leased = new Map<string, readonly LeasedTask[]>();
  for (const { name } of lies) {
    const liar = await join();
    liars.set(name, liar);
    leased.set(name, await liar.lease(2));
  }
  for (const { name, tell } of lies) {
    const liar = liars.get(name);
    if (liar !== undefined) await lie(liar, { tell, tasks: leased.get(name) ?? [] });
  }
  return { liars, honest };
}

/**
 * Each liar is alone until it is judged; then an honest agent does two tasks, and goes. Without
 * that the same tasks would be lied of until their attempts are spent.
 */
async function lieOneByOne({ orchestrator, lies }: Play): Promise<Told> {
  const join = () => HandDrivenAgent.join(orchestrator.url);
  const liars = new Map<string, Standing>();
  for (const { name, tell } of lies) {
    const liar = await join();
    await lie(liar, { tell, tasks: await liar.lease(2) });
    liars.set(name, await judged(liar));
    await liar.leave();
    const honest = await join();
    for (const task of await honest.lease(2)) await honest.do(task);
    await judged(honest);
    await honest.leave();
  }
  return { liars, honest: [await join()] };
}

/** How an agent stands when all that it reported is judged. */
async function judged(agent: HandDrivenAgent): Promise<Standing> {
  for (;;) {
    const standing = await agent.standing();
    if (standing.pending === 0) return standing;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function lie(
  agent: HandDrivenAgent,
  of: { readonly tell: Lie['tell']; readonly tasks: readonly LeasedTask[] },
): Promise<void> {
  const truths = await Promise.all(of.tasks.map((task) => agent.compute(task)));
  const results = [];
  for (const [index, task] of of.tasks.entries()) {
    const [truth = [], other = []] = index === 0 ? truths : truths.toReversed();
    const known = { agent, truth, other, isFirst: index === 0 };
    results.push({ task, told: await of.tell(known) });
  }
  certain(await agent.report(results));
}

/** Lets agents work until the job ends. */
async function finish<End>(agents: readonly HandDrivenAgent[], ended: Promise<End>): Promise<End> {
  const stop = new AbortController();
  const working = Promise.all(agents.map((agent) => agent.work(stop.signal)));
  const end = await Promise.race([ended, working.then(() => ended)]);
  stop.abort();
  await working;
  return end;
}
