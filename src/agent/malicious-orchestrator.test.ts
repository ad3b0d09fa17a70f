import {
  Code,
  ConnectError,
  createClient,
  createRouterTransport,
  type ServiceImpl,
} from '@connectrpc/connect';
import { describe, expect, it } from 'vitest';
import { TOLD_WAIT_MS_MAX } from '../domain/limits.ts';
import type { StageWork } from '../domain/work.ts';
import {
  AgentService,
  failureFromConnect,
  idleReasonToWire,
  leasedTasksToWire,
  standingToWire,
} from '../wire/index.ts';
import { agentOf, reluWork, ROWS, until, valueOf } from './agent-at-work.contract.ts';
import { task } from './agent-subject.contract.ts';
import { agentRpc } from './agent-rpc.ts';
import { ScriptedOrchestrator } from './scripted-orchestrator.contract.ts';

/** As long as the protocol can tell: seven weeks. */
const LONG_MS = 2 ** 32 - 1;
const STANDING = { accepted: 0, rejected: 0, pending: 0, quarantine: null };
const signal = new AbortController().signal;

describe('an agent of an orchestrator that means ill', () => {
  const output = (rowShape: readonly number[]) =>
    [{ name: 'y', dtype: 'float32', rowShape }] as const;
  it.each<[string, (work: StageWork) => StageWork, string]>([
    [
      'puts out more than may be',
      (work) => ({
        ...work,
        inputs: work.inputs.map((input) => {
          return { ...input, tensor: { ...input.tensor, shape: [ROWS, 2 ** 25] } };
        }),
        outputs: output([2 ** 25]),
      }),
      'limit_exceeded',
    ],
    [
      'reads a whole input of more memory than is lent',
      (work) => ({
        ...work,
        program: {
          kind: 'graph',
          nodes: [
            { operator: 'matmul', inputs: ['x', 'z'], output: 'xz' },
            { operator: 'reduce-sum', inputs: ['xz'], output: 'y', axis: 1 },
          ],
        },
        inputs: [
          ...work.inputs,
          ...work.inputs.map(({ tensor }) => ({
            ...{ name: 'z', cut: 'whole' as const },
            tensor: { ...tensor, shape: [2, 2 ** 31] },
          })),
        ],
        outputs: output([]),
      }),
      'size_unsupported',
    ],
  ])('reports a task that %s as refused, and works on', async (_, spoil, code) => {
    const orchestrator = new ScriptedOrchestrator();
    const work = await reluWork(orchestrator, 2);
    orchestrator.offer(spoil(work), [[0, 1]]);
    orchestrator.offer(work, [[1, 2]]);
    const agent = await agentOf(orchestrator);
    agent.start();
    await until(agent, ({ counters }) => counters.tasksReported === 2);
    const [refused, done] = orchestrator.reported.toSorted((one, other) =>
      one.lease.localeCompare(other.lease),
    );
    const message = expect.stringContaining('refused: ');
    expect(refused?.result).toMatchObject({ kind: 'failed', failure: { code, message } });
    expect(done?.result.kind).toBe('output');
  });
});

describe('what an orchestrator tells', () => {
  /** The agent's side of a protocol whose other side answers by these. */
  function told(answers: Partial<ServiceImpl<typeof AgentService>>) {
    return agentRpc(createRouterTransport(({ service }) => service(AgentService, answers)));
  }
  const session = 'session_x' as never;
  const ask = { session, maxTasks: 2, waitMs: 0 };

  it('to wait for weeks is to wait for TOLD_WAIT_MS_MAX', async () => {
    const idleReason = idleReasonToWire('no_jobs');
    const standing = standingToWire(STANDING);
    const rpc = told({ leaseTasks: () => ({ idleReason, askAgainMs: LONG_MS, standing }) });
    expect(valueOf(await rpc.lease(ask, signal))).toMatchObject({ askAgainMs: TOLD_WAIT_MS_MAX });
  });

  it('to come again in weeks is to come again in TOLD_WAIT_MS_MAX', async () => {
    const header = { 'retry-after-ms': String(LONG_MS) };
    const transport = createRouterTransport(({ service }) =>
      service(AgentService, {
        getChallenge: () => {
          throw new ConnectError('busy', Code.Unavailable, header);
        },
      }),
    );
    const refused = await createClient(AgentService, transport)
      .getChallenge({})
      .catch(failureFromConnect);
    expect(refused).toMatchObject({ code: 'unavailable', retryAfterMs: TOLD_WAIT_MS_MAX });
  });

  it('of more tasks than were asked for is taken as far as was asked', async () => {
    const work = await reluWork(new ScriptedOrchestrator(), 2);
    const tasks = [0, 1, 2].map((index) => ({ ...task(index), work }));
    const standing = standingToWire(STANDING);
    const rpc = told({ leaseTasks: () => ({ ...leasedTasksToWire(tasks), standing }) });
    const taken = valueOf(await rpc.lease(ask, signal));
    expect(taken.kind === 'granted' && taken.tasks).toHaveLength(2);
  });
});
