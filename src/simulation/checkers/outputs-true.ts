import type { HistoryRecord } from '../history.ts';
import type { MakeChecker } from './checker.ts';

type Stage = {
  readonly rows: number;
  readonly accepted: Map<string, string>;
  finishedBy: string | null;
};
type Accepted = Extract<HistoryRecord, { kind: 'task-accepted' }>;
type Finished = Extract<HistoryRecord, { kind: 'stage-finished' }>;
type Asked = Extract<HistoryRecord, { kind: 'check-asked' }>;
type Read = Extract<HistoryRecord, { kind: 'output-read' }>;

/**
 * Outputs hold every row once, and each row as its job's policy had it checked. A wrong one may be
 * there only where nothing but liars did its task: one whose rows escaped the draw of a share, or
 * two who said the same.
 */
export const outputsTrue: MakeChecker = (report) => {
  const stages = new Map<string, Stage>();
  const shareOfKey = new Map<string, number>();
  const keyOfJob = new Map<string, string>();
  const asked = new Map<string, Asked>();
  const checkedAs = new Map<string, { readonly share: number; readonly isAccepted: boolean }>();
  const sharesOfJob = new Map<string, Set<number>>();
  const liars = new Set<string>();
  const mayBeWrong = new Set<string>();
  const outputs: Read[] = [];

  const seeAccepted = ({ job, stage, start, end, lease }: Accepted): void => {
    const rows = `rows ${start} to ${end - 1} of stage ${stage} of ${job}`;
    const accepted = stages.get(`${job}/${stage}`)?.accepted;
    if (accepted?.has(lease) === true) report(`${rows} were accepted twice`);
    accepted?.set(lease, `${start},${end}`);
    const check = checkedAs.get(lease);
    const request = asked.get(lease);
    if (check === undefined || !check.isAccepted || request === undefined) {
      return report(`${rows} were accepted with ${lease}, which no check accepted`);
    }
    // Where the policy decides it is the share that was drawn that counts.
    const isAsAsked = request.share === -1 || check.share === request.share;
    if (!isAsAsked) report(`${rows} were checked otherwise than was asked for`);
    const shares = sharesOfJob.get(job) ?? new Set();
    sharesOfJob.set(job, shares.add(check.share));
    const mayEscape = check.share < 1;
    if (mayEscape && request.agents.every((agent) => liars.has(agent))) mayBeWrong.add(job);
  };

  const seeFinished = ({ job, stage: number, leases, edges }: Finished): void => {
    const stage = stages.get(`${job}/${number}`);
    if (stage === undefined) return report(`a stage of ${job} finished that never began`);
    const results = leases.join();
    // A process that comes back asks for its assembly again.
    if (stage.finishedBy !== null) {
      if (stage.finishedBy !== results) report(`${job} was assembled of other results`);
      return;
    }
    stage.finishedBy = results;
    const name = `stage ${number} of ${job}`;
    let at = 0;
    for (const [index, lease] of leases.entries()) {
      const [start = 0, end = 0] = edges.slice(2 * index);
      if (start !== at) report(`${name} has rows from ${start} behind row ${at}`);
      if (stage.accepted.get(lease) !== `${start},${end}`) {
        report(`${name} has rows ${start} to ${end - 1} of ${lease}, never accepted so`);
      }
      at = end;
    }
    if (at !== stage.rows) report(`${name} finished with ${at} of ${stage.rows} rows`);
  };

  const judgeOutput = ({ job, rows, rowsWanted, rowsWrong }: Read): void => {
    if (rows !== rowsWanted) report(`the output of ${job} has ${rows} rows, not ${rowsWanted}`);
    if (rowsWrong === 0 || mayBeWrong.has(job)) return;
    report(`${rowsWrong} rows of the output of ${job} are wrong`);
  };

  const judgeShares = (job: string, shares: ReadonlySet<number>): void => {
    const wanted = shareOfKey.get(keyOfJob.get(job) ?? '');
    if (wanted === undefined) return;
    for (const share of shares) {
      const suits = wanted === -1 ? share === 0 || share === 1 : share === wanted;
      if (!suits) report(`${job} wants checks of share ${wanted}, and one was of share ${share}`);
    }
  };

  return {
    see(record) {
      switch (record.kind) {
        case 'agent-began':
          if (record.role === 'liar') liars.add(record.agent);
          return;
        case 'job-planned':
          return void shareOfKey.set(record.key, record.share);
        case 'job-acknowledged':
          return void keyOfJob.set(record.job, record.key);
        case 'stage-begun': {
          const { job, stage, rows } = record;
          const begun = { rows, accepted: new Map(), finishedBy: null };
          return void stages.set(`${job}/${stage}`, begun);
        }
        case 'check-asked':
          if (new Set(record.agents).size !== record.agents.length) {
            report(`results that are to be compared for ${record.job} are of one agent`);
          }
          for (const lease of record.leases) asked.set(lease, record);
          return;
        case 'checked': {
          const { share } = record;
          for (const lease of record.leases) {
            checkedAs.set(lease, { share, isAccepted: record.accepted === lease });
          }
          return;
        }
        case 'task-accepted':
          return seeAccepted(record);
        case 'task-revoked': {
          const { job, stage, lease } = record;
          const known = stages.get(`${job}/${stage}`);
          if (known?.finishedBy !== null) report(`${lease} was revoked after ${job} was sealed`);
          if (known?.accepted.delete(lease) !== true) report(`${lease} was revoked, unaccepted`);
          return;
        }
        case 'stage-finished':
          return seeFinished(record);
        case 'output-read':
          outputs.push(record);
      }
    },
    end() {
      for (const output of outputs) judgeOutput(output);
      for (const [job, shares] of sharesOfJob) judgeShares(job, shares);
    },
  };
};
