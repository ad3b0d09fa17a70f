import type { ContentId } from '../../../src/domain/ids.ts';
import { randomStream } from '../../../src/domain/random.ts';
import type { BlobRef } from '../../../src/domain/work.ts';
import { figureOf, type Line } from '../figure.ts';
import { CoreWorld } from './core-world.ts';

const RUNS = 5;
const AGENTS = 50;
const MODELS = 24;
const MODEL_BYTES = 100e6;
/** Models that fit into an agent's own cache; the scheduler does not know how many. */
const CACHED = 4;
const REQUESTS = 20_000;
const TASKS_A_REQUEST = 4;
/** A request is 2 s of computing. */
const MS_PER_ROW = 500;

/**
 * Bytes of models that agents need not fetch because the scheduler prefers jobs whose data they
 * hold: the same requests to it with and without knowing what stages need.
 */
export async function locality(): Promise<readonly Line[]> {
  const runs = Array.from({ length: RUNS }, (_, seed) => {
    const peer = fetchedBytes(seed, { isKnown: false });
    const ours = fetchedBytes(seed, { isKnown: true });
    return { value: 1 - ours / peer, ours: ours / 1e9, peer: peer / 1e9 };
  });
  return [
    figureOf(
      {
        suite: 'scheduler',
        name: 'locality-bytes-not-moved',
        unit: 'share',
        better: 'higher',
        work: `GB fetched for ${REQUESTS} requests of ${TASKS_A_REQUEST} tasks, 2 s of computing, by ${AGENTS} agents that keep ${CACHED} of ${MODELS} models of 100 MB; 10 jobs at a time, fair shares`,
        peer: 'the same requests, served by turn alone',
      },
      runs,
    ),
  ];
}

function fetchedBytes(seed: number, { isKnown }: { readonly isKnown: boolean }): number {
  const models = randomStream(seed, 'models');
  const modelOf: number[] = [];
  const contentsOf = (job: number): readonly BlobRef[] => {
    const model = (modelOf[job] ??= models.nextBelow(MODELS));
    return isKnown ? [blobOf(model)] : [];
  };
  const world = new CoreWorld({ contentsOf, msPerRow: MS_PER_ROW });
  world.join(AGENTS);
  const caches = Array.from({ length: AGENTS }, (): number[] => []);
  const asks = randomStream(seed, 'asks');
  let fetched = 0;
  for (let request = 0; request < REQUESTS; request++) {
    while (world.state.jobs.size < 10) world.submit(2_000);
    const agent = asks.nextBelow(AGENTS);
    const cache = caches[agent] ?? [];
    const leases = world.lease(agent, TASKS_A_REQUEST);
    for (const { job } of leases) {
      const model = modelOf[Number(job.slice(4))] ?? 0;
      const at = cache.indexOf(model);
      if (at === -1) fetched += MODEL_BYTES;
      else cache.splice(at, 1);
      cache.push(model);
      if (cache.length > CACHED) cache.shift();
    }
    world.accept(world.report(agent, leases));
    world.atMs += 10;
  }
  return fetched;
}

function blobOf(model: number): BlobRef {
  // A name that is never parsed here.
  return { blob: `model ${model}` as ContentId<'blob'>, byteLength: MODEL_BYTES };
}
