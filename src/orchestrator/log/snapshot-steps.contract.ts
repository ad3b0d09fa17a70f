// The steps of saving a snapshot over an older one. Run as a process, `node
// snapshot-steps.contract.ts PATH COUNT`, it goes COUNT steps, says so, and waits to be killed.
import { openLogFile } from './log-file.ts';
import type { LogThread } from './log-message.ts';

export const CHUNKS = 4;
const CHUNK_BYTES = 100_000;
/** Events in the log before the steps; half of them are covered by the older snapshot. */
export const EVENTS = 20;

/** The bytes of a snapshot that covers so many events. */
export function snapshotOf(eventCount: number): Uint8Array {
  return new Uint8Array(CHUNKS * CHUNK_BYTES).map((_, index) => index * eventCount);
}

export function stepsOf(log: LogThread, eventCount: number): (() => { readonly ok: boolean })[] {
  const bytes = snapshotOf(eventCount);
  const chunks = Array.from({ length: CHUNKS }, (_, index) => {
    return bytes.slice(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);
  });
  return [
    () => log.beginSnapshot(),
    ...chunks.map((chunk) => () => log.addSnapshotChunk(chunk)),
    () => log.finishSnapshot({ eventCount, tasksAccepted: 0 }),
  ];
}

function certain<Done extends { readonly ok: boolean }>(done: Done): Done & { readonly ok: true } {
  if (!done.ok) throw new Error(JSON.stringify(done));
  // The line above.
  return done as Done & { readonly ok: true };
}

if (import.meta.main) {
  const [path = '', count = '0'] = process.argv.slice(2);
  const log = certain(openLogFile(path)).value;
  for (let event = 1; event <= EVENTS; event++) certain(log.commit([['event', String(event)]]));
  for (const step of stepsOf(log, EVENTS / 2)) certain(step());
  for (const step of stepsOf(log, EVENTS).slice(0, Number(count))) certain(step());
  console.log('here');
  setInterval(() => {}, 1_000);
}
