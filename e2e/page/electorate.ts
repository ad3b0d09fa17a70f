import type { Page } from '@playwright/test';
import type { JobId } from '../../src/domain/ids.ts';
import { freshAnchor, timeDraft } from '../../src/execution-machine/index.ts';
import { decodeCanonical } from '../../src/integrity/index.ts';
import { packCredits } from '../../src/ledger/index.ts';
import { openRecordKey } from '../../src/orchestrator/record/record-key.ts';
import { certain } from '../network/client.ts';
import type { PageNetwork } from './page-network.ts';
import { recordWriter } from './record-writer.ts';

/** As many make the quorum, each with all the weight that a key can have. */
const VOTERS = 10;
const WEIGHT = 100_000;
const DAY_MS = 86_400_000;

/** Keys that earned enough to decide, and the record's own, which says what was earned and when it is. */
export async function openElectorate(network: PageNetwork) {
  const record = await recordWriter(network.url, certain(await openRecordKey(network.data)));
  const voters = await Promise.all(Array.from({ length: VOTERS }, () => recordWriter(network.url)));
  const tasks = voters.map(({ agent }, index) => ({
    ...{ job: `job_${'0'.repeat(26)}` as JobId, work: 'matmul', model: '', stage: 0, index, agent },
    ...{ rows: { start: index, count: 1 }, report: new Uint8Array(32), checks: 1, units: WEIGHT },
  }));
  for (const body of packCredits(tasks))
    await record.write('credits', certain(decodeCanonical(body)));
  let nowMs = Date.now();
  return {
    /** Has all of them vote for a proposal. */
    async vote(proposal: number): Promise<void> {
      for (const voter of voters) {
        await voter.write('governance', { kind: 'vote', proposal, yes: true });
      }
    },
    /** Lets so many days pass for the log and for a page. */
    async passDays(page: Page, days: number): Promise<void> {
      // A minute more: what is counted from was written a little later than this began.
      nowMs += days * DAY_MS + 60_000;
      await record.submit(timeDraft(nowMs, freshAnchor()));
      await page.clock.setFixedTime(nowMs);
    },
  };
}
