import { assertNever } from '../../domain/assert.ts';
import type { BackendName } from '../../domain/operator.ts';
import type { Outcome } from '../../domain/outcome.ts';
import { measureCeilings } from './measure-ceilings.ts';
import { measureGpuCeilings } from './measure-gpu-ceilings.ts';
import { runContender, type ContenderPlatform } from './run-contender.ts';
import { traceModel, type Tracer } from './trace-model.ts';
import { tryDraft } from './try-draft.ts';
import type { FromWorkshop, ToWorkshop } from './workshop-message.ts';

/** What a workshop has of the platform it runs on. */
export type WorkshopPlatform = ContenderPlatform & {
  readonly openTracer: (backend: BackendName) => Promise<Outcome<Tracer>>;
  readonly post: (message: FromWorkshop) => void;
};

/** Does what a workshop is asked for, and tells how far it is: the inner side of `runApart`. */
export async function serveWorkshop(asked: ToWorkshop, platform: WorkshopPlatform): Promise<void> {
  const { post, gpu, nowMs } = platform;
  const how = {
    nowMs,
    onStep: (step) => post({ kind: 'step', step }),
    onRun: () => post({ kind: 'alive' }),
  } satisfies Partial<Parameters<typeof tryDraft>[1]>;
  switch (asked.kind) {
    case 'draft': {
      // Whoever wants it to stop ends it from outside.
      const { signal } = new AbortController();
      const { draft, isTimed } = asked;
      post({ kind: 'draft', outcome: await tryDraft(draft, { ...how, gpu, isTimed, signal }) });
      return;
    }
    case 'trace': {
      const tracer = await platform.openTracer(asked.asked.backend);
      const outcome = tracer.ok
        ? await traceModel(asked.asked, { ...how, tracer: tracer.value })
        : tracer;
      post({ kind: 'trace', outcome });
      return;
    }
    case 'trial':
      post({ kind: 'trial', outcome: await runContender(asked.order, platform) });
      return;
    case 'ceilings': {
      const isOfGpu = asked.of === 'webgpu';
      const outcome = await (isOfGpu ? measureGpuCeilings(gpu, nowMs) : measureCeilings(nowMs));
      post({ kind: 'ceilings', outcome });
      return;
    }
    default:
      assertNever(asked);
  }
}
