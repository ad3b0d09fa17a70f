// A process to be killed: `node killed-process.contract.ts PATH EVENTS_A_SNAPSHOT`. It opens the
// store, finds out how far its history is, and goes on with it; on stdout it tells how far it
// began, and the number of every event that is acknowledged to it.
import { startCoordinator } from '../coordinator.ts';
import { lineLogger } from '../logger.ts';
import { recoverState } from '../recovery.ts';
import { followHistory, HISTORY_SEED } from './endless-history.contract.ts';
import { logShortener } from './log-shortener.ts';
import { openStore } from './sqlite-store.ts';

const [path = '', eventsASnapshot = '100'] = process.argv.slice(2);
const logger = lineLogger({ level: 'info', write: (line) => void process.stderr.write(line) });
let clock = 0;
const now = (): number => clock;

const opened = await openStore(path);
if (!opened.ok) throw new Error(opened.failure.message);
const store = opened.value;
const recovered = await recoverState(store, { seed: HISTORY_SEED, logger, now });
if (!recovered.ok) throw new Error(recovered.failure.message);
const { state, position, behind, snapshotBytes } = recovered.value;
// The clock went on meanwhile; it was not set back.
clock = state.nowMs;
const limits = { eventCount: Number(eventsASnapshot), byteLength: 1e9 };
const shortener = logShortener({ state, store, behind, snapshotBytes, logger, now, limits });
const coordinator = startCoordinator({ state, store, logger, now, position, shortener });

let { eventCount } = position;
const { next, upcoming } = followHistory(eventCount);
console.log(`began ${eventCount}`);
for (let { event, writes } = upcoming; ;) {
  const { atMs, ...body } = event;
  clock = atMs;
  const submitted = await coordinator.submit(body, writes);
  if (!submitted.ok) throw new Error(submitted.failure.message);
  eventCount += 1;
  console.log(`acknowledged ${eventCount}`);
  ({ event, writes } = next(submitted.value));
}
