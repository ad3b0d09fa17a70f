// A member in a process of its own, to be killed: `node claiming-process.contract.ts URL STAGE JOB`.
//
// It takes claims of one stage, logs an event and a report for each few rows, books what is done,
// and takes over from the dead, until all rows of the stage are done. A log of its own kind stands
// for the scheduler's: one line a task.
import type { AgentId, JobId } from '../../domain/ids.ts';
import type { Outcome } from '../../domain/outcome.ts';
import type { RowRange } from '../../domain/tensor.ts';
import { lineLogger } from '../logger.ts';
import { claimsOf } from './claims.ts';
import { ClaimBook } from './claim-book.ts';
import { parseDatabaseAddress } from './database-address.ts';
import { databaseAt } from './database.ts';
import { keepMembership } from './membership.ts';
import { membersOf, type Ward } from './members.ts';
import { readEvents } from './stream-reader.ts';
import { streamWriter } from './stream-writer.ts';
import { certain } from './test-database.contract.ts';
import { wardSettlements } from './ward-settlements.ts';

const TASK_ROWS = 3;
/** Its process ended because another took over its work. */
const FENCED_EXIT = 3;
const EMPTY = new Uint8Array();

type Line = { readonly rows: RowRange; readonly lease: number };

if (import.meta.main) {
  const [url = '', stageId = '', job = ''] = process.argv.slice(2);
  await work({ url, stageId: Number(stageId), job: job as JobId });
}

async function work(on: { url: string; stageId: number; job: JobId }): Promise<void> {
  const { stageId, job } = on;
  const database = databaseAt(certain(parseDatabaseAddress(on.url)));
  const [members, claims] = [membersOf(database), claimsOf(database)];
  const member = certain(await members.join({ name: `${process.pid}`, url: '', seed: 0 }));
  const own = { member: member.epoch, stream: member.epoch };
  const writer = streamWriter(database.address, { ...own, eventCount: 0, reportCount: 0 });
  const book = new ClaimBook();

  const takeOver = async ({ stream }: Ward): Promise<void> => {
    const accepted: Line[] = [];
    for await (const some of readEvents(database, { stream, from: 0 })) {
      accepted.push(...certain(some).map((text): Line => JSON.parse(text)));
    }
    const held = await surely(() => claims.held(stream));
    const settlements = wardSettlements(held, () => ({ stage: 0, accepted, unjudged: [] }));
    await surely(() => claims.settle(settlements, { member: member.epoch, stream }));
    await surely(() => members.close(stream, member.epoch));
  };

  let taking: Promise<void> = Promise.resolve();
  const membership = keepMembership({
    members,
    member,
    logger: lineLogger({ level: 'silent', write: () => {} }),
    onFenced: () => process.exit(FENCED_EXIT),
    onWards: (wards) => {
      for (const ward of wards) taking = taking.then(() => takeOver(ward));
    },
  });

  const doTask = async (task: Line): Promise<void> => {
    const report = { job, agent: 'agent' as AgentId, leases: [task.lease], body: EMPTY };
    const batch = { events: [JSON.stringify(task)], reports: [report], others: [] };
    await surely(() => writer.append(batch));
    const finished = book.accept({ ...task, job, stage: 0 });
    if (finished !== null) await surely(() => claims.finish(finished, own));
  };

  console.log(member.epoch);
  let lease = 0;
  for (;;) {
    const taken = await surely(() => claims.take(stageId, { member: member.epoch, count: 2 }));
    for (const claim of taken) book.add({ ...claim, job, stage: 0 });
    for (const { rows } of taken) {
      for (let start = rows.start; start < rows.end; start += TASK_ROWS) {
        await doTask({ rows: { start, end: Math.min(rows.end, start + TASK_ROWS) }, lease });
        lease += 1;
      }
    }
    const undone = 'SELECT 1 FROM claims WHERE NOT done LIMIT 1';
    if ((await surely(() => database.read(undone))).length === 0) break;
    if (taken.length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await membership.leave();
  await writer.close();
  await database.close();
}

/** Tries again while the database cannot be reached; a member that was taken over ends. */
async function surely<Value>(call: () => Promise<Outcome<Value>>): Promise<Value> {
  for (;;) {
    const outcome = await call();
    if (outcome.ok) return outcome.value;
    if (outcome.failure.code === 'member_fenced') process.exit(FENCED_EXIT);
    if (outcome.failure.code !== 'storage_failed') return certain(outcome);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
