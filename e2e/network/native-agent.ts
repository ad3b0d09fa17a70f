import type { LieName } from '../../src/agent/lies/lie.ts';
import { makeLiar, type Liar } from '../../src/agent/lies/liar.ts';
import { runNativeAgent, type AgentSnapshot } from '../../src/agent/native/index.ts';
import type { Outcome } from '../../src/domain/outcome.ts';
import type { Standing } from '../../src/domain/standing.ts';

/** A native agent in this process, with threads for lanes: as `manyhands agent` runs it. */
export type RunningAgent = {
  readonly last: () => AgentSnapshot | null;
  readonly lieCount: () => number;
  readonly stop: () => Promise<Outcome<void>>;
};

/** Starts one with a new key, which lies in every result of this kind; null: it is honest. */
export function startAgent(url: string, kind: LieName | null): RunningAgent {
  const plan = { rate: 1, after: null, secret: '', seed: 1 };
  return startAgentWith(url, kind === null ? null : makeLiar({ kind, ...plan }));
}

export function startAgentWith(url: string, liar: Liar | null): RunningAgent {
  const stop = new AbortController();
  let last: AgentSnapshot | null = null;
  const ended = runNativeAgent({
    orchestratorUrls: [url],
    keyFile: null,
    threads: 1,
    memoryBytes: 256 * 1024 * 1024,
    backend: 'wasm',
    signal: stop.signal,
    pauseSwitch: () => () => {},
    ...(liar !== null && { liar: { ...liar, proveCanary: null } }),
    onSnapshot: (snapshot) => {
      last = snapshot;
    },
  });
  return {
    last: () => last,
    lieCount: () => liar?.lieCount() ?? 0,
    stop: () => {
      stop.abort();
      return ended;
    },
  };
}

/** How its key stands, as it knows. */
export function standingOf(agent: RunningAgent): Standing | null {
  return agent.last()?.standing ?? null;
}
