import type { JobId } from '../../domain/ids.ts';
import { DATABASE_POLL_MS } from '../../domain/limits.ts';
import { acceptedOf, jobView, leaseOf, unjudgedRowsOf } from '../../scheduler/index.ts';
import { judgeResults } from '../checking/judge.ts';
import { startCoordinator } from '../coordinator.ts';
import type { HomeParts } from '../jobs/job-home.ts';
import { rememberingStore } from '../log/unjudged-outputs.ts';
import { recoverState } from '../recovery.ts';
import { agentStandings } from './agent-standings.ts';
import { claimsOf } from './claims.ts';
import type { Database } from './database.ts';
import { deedsOf } from './deeds.ts';
import { openDatabaseStore } from './database-store.ts';
import { membersOf, type Ward } from './members.ts';
import { wardSettlements, type WardRows } from './ward-settlements.ts';

/**
 * Brings the stream of a dead member to its end: as a restart would, but without agents. What was
 * accepted is booked, what was reported is judged, and all else is open again for everybody.
 *
 * Comes back early where the database fails, or where this process stops.
 */
export async function bringWardToItsEnd(
  ward: Ward,
  by: Omit<HomeParts, 'coordinator' | 'store' | 'changed' | 'watched'> & {
    readonly database: Database;
    readonly member: number;
    readonly isStopped: () => boolean;
  },
): Promise<void> {
  const { database, member, logger, now } = by;
  const { stream, seed, told } = ward;
  const as = { member, stream };
  const opened = await openDatabaseStore(database, as);
  if (!opened.ok) return logger.warn(opened.failure.message);
  const steadyMs = (): number => Math.round(performance.now());
  const deeds = deedsOf({
    standings: agentStandings(database),
    as,
    eventCount: () => coordinator.eventCount(),
  });
  const recovered = await recoverState(opened.value, {
    seed,
    epoch: stream,
    logger,
    now: steadyMs,
    onEffect: (effect, number) => {
      if (told !== null && number > told) deeds.note(effect);
    },
  });
  if (!recovered.ok) {
    await opened.value.close();
    return logger.error(recovered.failure.message, { stream });
  }
  const { state, position } = recovered.value;
  const store = rememberingStore(opened.value, {
    isOut: (lease) => leaseOf(state, lease)?.isReported === false,
  });
  const coordinator = startCoordinator({ state, store, logger, now, position });
  const judge = judgeResults({ ...by, coordinator, store, mayRevoke: false });
  coordinator.onEffect((effect) => {
    deeds.note(effect);
    if (effect.kind === 'checks-requested') judge(effect.checks);
  });
  const rowsOf = (job: JobId): WardRows | null => {
    const view = jobView(state, job);
    if (view === null) return null;
    const { stage } = view;
    return { stage, accepted: acceptedOf(state, job), unjudged: unjudgedRowsOf(state, job) };
  };
  const claims = claimsOf(database);
  const isFreed = async (): Promise<boolean> => {
    const held = await claims.held(stream);
    if (!held.ok) return false;
    if (held.value.length === 0) return true;
    const settlements = wardSettlements(held.value, rowsOf);
    if (settlements.length > 0) await claims.settle(settlements, as);
    const left = await claims.held(stream);
    return left.ok && left.value.length === 0;
  };
  try {
    const begun = await coordinator.submit({ kind: 'restarted' });
    // Checks would not be asked for again: it is begun anew when it is told of next.
    if (!begun.ok) return logger.warn(begun.failure.message);
    while (!by.isStopped()) {
      if (await isFreed()) {
        await coordinator.stop();
        const known = await deeds.tell();
        if (!known.ok) return logger.warn(known.failure.message);
        await membersOf(database).close(stream, member);
        logger.info('brought the work of another to its end', { epoch: stream });
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, DATABASE_POLL_MS / 5));
      await coordinator.submit({ kind: 'tick' });
    }
  } finally {
    await coordinator.stop();
    await store.close();
  }
}
