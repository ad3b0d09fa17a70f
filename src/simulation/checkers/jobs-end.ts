import type { HistoryRecord } from '../history.ts';
import type { MakeChecker } from './checker.ts';

type Planned = Pick<
  Extract<HistoryRecord, { kind: 'job-planned' }>,
  'isPoisoned' | 'isCanceled' | 'hasDeadline'
>;

/**
 * Every job ends once faults are over, and as it must: done, unless its producer canceled it; a
 * poisoned one failed, with the evidence; one with a deadline may fail by it.
 */
export const jobsEnd: MakeChecker = (report) => {
  const planned = new Map<string, Planned>();
  const keyOfJob = new Map<string, string>();
  const over = new Map<string, { readonly state: string; readonly reason: string }>();
  let areAllOver = false;

  const judge = (job: string, key: string): void => {
    const plan = planned.get(key);
    const end = over.get(job);
    if (plan === undefined || end === undefined) return;
    const { state, reason } = end;
    if (state === 'canceled' && plan.isCanceled) return;
    if (state === 'done' && !plan.isPoisoned) return;
    if (state === 'failed' && plan.hasDeadline && reason.includes('deadline')) return;
    const hasEvidence = /failed \d+ times/.test(reason) && reason.includes('trapped');
    if (state === 'failed' && plan.isPoisoned && hasEvidence) return;
    const kind = plan.isPoisoned ? 'poisoned ' : '';
    report(`${kind}"${key}" (${job}) ended ${state}${reason === '' ? '' : `: ${reason}`}`);
  };

  return {
    see(record) {
      switch (record.kind) {
        case 'job-planned':
          return void planned.set(record.key, record);
        case 'job-acknowledged':
          return void keyOfJob.set(record.job, record.key);
        case 'job-seen':
          if (record.state === 'queued' || record.state === 'running') return;
          return void over.set(record.job, record);
        case 'jobs-over':
          areAllOver = true;
      }
    },
    end() {
      for (const [job, key] of keyOfJob) judge(job, key);
      if (areAllOver) return;
      const known = new Set([...keyOfJob].flatMap(([job, key]) => (over.has(job) ? [key] : [])));
      const open = [...planned.keys()].filter((key) => !known.has(key));
      report(`faults are over, nothing gets on, and these hang: ${open.join(', ') || 'outputs'}`);
    },
  };
};
