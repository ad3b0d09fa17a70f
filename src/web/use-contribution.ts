import { useEffect, useMemo, useRef, useState } from 'react';
import type { AgentLimits, SupervisedAgent } from '../agent/browser/index.ts';
import { assertNever } from '../domain/assert.ts';
import type { Failure } from '../domain/failure.ts';
import type { Outcome } from '../domain/outcome.ts';
import { deviceRoom, rememberedLimits, rememberLimits } from './remembered-limits.ts';
import { situationOf, type Control } from './situation.ts';
import { useStore } from './use-store.ts';

/** A moved slider takes effect once it rests: each change joins the network anew. */
const LIMITS_REST_MS = 600;

const room = deviceRoom(navigator);

/** The agent for the Contribute page: its state in words, its limits, and the buttons' commands. */
export function useContribution(agent: SupervisedAgent) {
  const browserAgent = useStore(agent);
  const [limits, setLimits] = useState(() => rememberedLimits(room));
  const [isStarting, setStarting] = useState(false);
  const [commandFailure, setCommandFailure] = useState<Failure | null>(null);
  const phase = browserAgent.snapshot?.phase ?? 'stopped';
  const isRunning = phase !== 'stopped' && phase !== 'refused';
  const changeLimits = useRestingLimits(agent, isRunning);
  useRejoinAfterRestore(agent, { limits, isRunning });

  const tell = async (command: Promise<Outcome<void>>) => {
    setCommandFailure(null);
    const outcome = await command;
    if (!outcome.ok) setCommandFailure(outcome.failure);
  };
  const start = async () => {
    setStarting(true);
    await tell(agent.start(limits));
    setStarting(false);
  };
  const control = (which: Control) => {
    switch (which) {
      case 'start':
      case 'takeOver':
        return void start();
      case 'pause':
        return void tell(agent.pause());
      case 'resume':
        return void tell(agent.resume());
      case 'stop':
        return void tell(agent.stop());
      case 'reload':
        return location.reload();
      default:
        return assertNever(which);
    }
  };
  const situation = useMemo(
    () => situationOf({ ...browserAgent, isStarting, commandFailure }),
    [browserAgent, isStarting, commandFailure],
  );
  return {
    snapshot: browserAgent.snapshot,
    situation,
    limits,
    room,
    isRunning,
    control,
    setLimits: (next: AgentLimits) => {
      setLimits(next);
      rememberLimits(next);
      changeLimits(next);
    },
  };
}

/** Tells a running agent of new limits once they rest. */
function useRestingLimits(agent: SupervisedAgent, isRunning: boolean) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  return (limits: AgentLimits) => {
    clearTimeout(timer.current);
    if (!isRunning) return;
    timer.current = setTimeout(() => void agent.setLimits(limits), LIMITS_REST_MS);
  };
}

/**
 * A page that comes back out of the browser's cache handed its leases back when it left: it joins
 * again at once, instead of showing a session that has ended.
 */
function useRejoinAfterRestore(
  agent: SupervisedAgent,
  of: { limits: AgentLimits; isRunning: boolean },
): void {
  const { limits, isRunning } = of;
  useEffect(() => {
    const rejoin = (event: PageTransitionEvent) => {
      if (event.persisted && isRunning) void agent.setLimits(limits);
    };
    addEventListener('pageshow', rejoin);
    return () => removeEventListener('pageshow', rejoin);
  }, [agent, limits, isRunning]);
}
