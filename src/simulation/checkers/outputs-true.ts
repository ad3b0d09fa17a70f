import type { HistoryRecord } from '../history.ts';
import type { MakeChecker } from './checker.ts';

type Stage = { readonly rows: number; rowsAccepted: number; finishedBy: string | null };

/**
 * Outputs hold every row once, and each row as its job's policy had it checked. A wrong one may be
 * there only where nothing but liars did its task: one whose rows escaped the draw of a share, or
 * two who said the same.
 */
export const outputsTrue: MakeChecker = (report) => {
  const stages = new Map<string, Stage>();
  const currentStage = new Map<string, number>();
  const shareOfKey = new Map<string, number>();
  const keyOfJob = new Map<string, string>();
  const asked = new Map<string, Extract<HistoryRecord, { kind: 'check-asked' }>>();
  const checkedAs = new Map<string, { readonly share: number; readonly isAccepted: boolean }>();
  const acceptedLease = new Map<string, string>();
  const acceptedTasks = new Set<string>();
  const sharesOfJob = new Map<string, Set<number>>();
  const liars = new Set<string>();
  const mayBeWrong = new Set<string>();
  const outputs: Extract<HistoryRecord, { kind: 'output-read' }>[] = [];

  const stageOf = (job: string): Stage | undefined => stages.get(`${job}/${currentStage.get(job)}`);

  const seeAccepted = (record: Extract<HistoryRecord, { kind: 'task-accepted' }>): void => {
    const { task, job, rows } = record;
    if (acceptedTasks.has(task)) report(`task ${task} was accepted twice`);
    acceptedTasks.add(task);
    const lease = acceptedLease.get(task) ?? '';
    const check = checkedAs.get(lease);
    const request = asked.get(task);
    if (check === undefined || !check.isAccepted || request === undefined) {
      report(`task ${task} was accepted with ${lease || 'no result'}, which no check accepted`);
    } else if (!request.leases.includes(lease) || check.share !== request.share) {
      report(`task ${task} was accepted by another check than was asked for`);
    }
    const shares = sharesOfJob.get(job) ?? new Set();
    sharesOfJob.set(job, shares.add(check?.share ?? -1));
    const mayEscape = request !== undefined && request.share < 1;
    if (mayEscape && request.agents.every((agent) => liars.has(agent))) mayBeWrong.add(job);
    const stage = stageOf(job);
    if (stage !== undefined) stage.rowsAccepted += rows;
  };

  const seeFinished = (record: Extract<HistoryRecord, { kind: 'stage-finished' }>): void => {
    const stage = stages.get(`${record.job}/${record.stage}`);
    if (stage === undefined) return report(`a stage of ${record.job} finished that never began`);
    const results = record.leases.join();
    // A process that comes back asks for its assembly again.
    if (stage.finishedBy !== null) {
      if (stage.finishedBy !== results) report(`${record.job} was assembled of other results`);
      return;
    }
    stage.finishedBy = results;
    const name = `stage ${record.stage} of ${record.job}`;
    if (new Set(record.leases).size !== record.leases.length) report(`${name} doubles a result`);
    if (stage.rowsAccepted !== stage.rows) {
      report(`${name} finished with ${stage.rowsAccepted} of ${stage.rows} rows accepted`);
    }
  };

  const judgeOutput = (record: Extract<HistoryRecord, { kind: 'output-read' }>): void => {
    const { job, rows, rowsWanted, rowsWrong } = record;
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
        case 'stage-begun':
          currentStage.set(record.job, record.stage);
          stages.set(`${record.job}/${record.stage}`, {
            rows: record.rows,
            rowsAccepted: 0,
            finishedBy: null,
          });
          return;
        case 'check-asked':
          if (record.share === 0 && record.agents[0] === record.agents[1]) {
            report(`both results of task ${record.task} are of one agent`);
          }
          return void asked.set(record.task, record);
        case 'checked': {
          const { share } = record;
          for (const lease of record.leases) {
            checkedAs.set(lease, { share, isAccepted: record.accepted === lease });
          }
          return;
        }
        case 'judged':
          return void acceptedLease.set(record.task, record.accepted);
        case 'task-accepted':
          return seeAccepted(record);
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
