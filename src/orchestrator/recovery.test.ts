import { describe, expect, it } from 'vitest';
import { digestState } from '../scheduler/index.ts';
import { followHistory, HISTORY_SEED } from './log/endless-history.contract.ts';
import { memoryDisk, memoryStore } from './log/memory-store.ts';
import { lineLogger } from './logger.ts';
import { recoverState } from './recovery.ts';
import { valueOf } from './volunteer.contract.ts';

/** A disk with the first events of the endless history. */
function diskOf(eventCount: number) {
  const disk = memoryDisk();
  for (let index = 0; index < eventCount; index++) {
    disk.events.push(followHistory(index).upcoming.event);
  }
  return disk;
}

describe('a recovery', () => {
  it('leads to the state that all events lead to', async () => {
    const logger = lineLogger({ level: 'silent', write: () => {} });
    const options = { seed: HISTORY_SEED, logger, now: () => 0 };
    const recovered = valueOf(await recoverState(memoryStore(diskOf(100)), options));
    expect(digestState(recovered.state)).toBe(digestState(followHistory(100).state));
    expect(recovered).toMatchObject({ position: { eventCount: 100 }, snapshotBytes: 0 });
  });

  it('that takes long tells how far it is', async () => {
    const lines: string[] = [];
    const logger = lineLogger({ level: 'info', write: (line) => lines.push(line) });
    let nowMs = 0;
    const options = { seed: HISTORY_SEED, logger, now: () => (nowMs += 2_500) };
    valueOf(await recoverState(memoryStore(diskOf(20)), options));
    expect(lines).toEqual([expect.stringContaining('following the log events=20 of=20')]);
  });

  it('of a snapshot that cannot be read fails, and says what to do', async () => {
    const disk = memoryDisk();
    disk.snapshot = { eventCount: 1, tasksAccepted: 0, bytes: new Uint8Array(10) };
    const logger = lineLogger({ level: 'silent', write: () => {} });
    const options = { seed: HISTORY_SEED, logger, now: () => 0 };
    expect(await recoverState(memoryStore(disk), options)).toMatchObject({
      failure: {
        code: 'storage_failed',
        message: expect.stringMatching(/Restore|Start the version/),
      },
    });
  });
});
