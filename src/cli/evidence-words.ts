import type { EvidenceSummary } from '../domain/evidence.ts';
import type { Verdict } from '../domain/checking.ts';
import type { Replay } from '../orchestrator/index.ts';
import { formatBytes } from './human-bytes.ts';
import { printable } from './printable.ts';

/** One line of `evidence list`: what others wrote is made printable. */
export function evidenceLine(summary: EvidenceSummary): string {
  const { id, agent, judgedAtMs, byteLength, reason } = summary;
  const parts = [
    id,
    timeText(judgedAtMs),
    agent.slice(0, 8),
    rowsText(summary),
    formatBytes(byteLength),
    printable(reason),
  ];
  return parts.join('  ');
}

/** What came of a replay, for people. */
export function replayLines(replay: Replay): readonly string[] {
  const { summary, task, wrong, results, accused } = replay;
  const claimed = results[accused]?.claimed;
  const found = results[accused]?.found;
  const others = results.filter((_, index) => index !== accused);
  return [
    `evidence   ${summary.id}`,
    `task       ${task}, ${rowsText(summary)}`,
    `agent      ${summary.agent}`,
    `judged     ${timeText(summary.judgedAtMs)}, by ${checkText(replay)}`,
    `signature  ${signatureText(replay)}`,
    `then       ${verdictText(claimed)}`,
    `now        ${verdictText(found)}`,
    ...(wrong === null
      ? []
      : [
          `  place      ${printable(wrong.place)}`,
          `  claimed    ${printable(wrong.claimed)}`,
          `  right      ${printable(wrong.right)}`,
          `  tolerance  ${replay.tolerance}`,
        ]),
    ...others.flatMap((other) => [
      `beside     ${other.agent}`,
      `  then       ${verdictText(other.claimed)}`,
      `  now        ${verdictText(other.found)}`,
    ]),
    ...(replay.fetchedCount === 0 ? [] : [`fetched    ${replay.fetchedCount} blocks`]),
    conclusion(replay),
  ];
}

/** What came of a replay, as one line of JSON. */
export function replayJson(replay: Replay): string {
  const { summary, task, report, results, accused, wrong, tolerance, isSame } = replay;
  return JSON.stringify({
    evidence: summary.id,
    same: isSame,
    task,
    rows: [summary.rows.start, summary.rows.end],
    agent: summary.agent,
    when: summary.judgedAtMs,
    check: summary.check,
    signature: report.kind,
    ...(report.kind === 'false' && { signatureFailure: report.failure }),
    accused,
    results,
    wrong,
    tolerance,
    fetchedBlocks: replay.fetchedCount,
  });
}

function conclusion({ isSame, report }: Replay): string {
  if (!isSame)
    return 'DIFFERS: the check made here comes to another verdict than the evidence says.';
  if (report.kind === 'false')
    return 'FALSE: the verdict is right for an output that the key did not sign.';
  const signed = report.kind === 'signed' ? '' : ' Nothing shows that the key said so.';
  return `SAME: the check made here comes to the same verdict.${signed}`;
}

function signatureText({ report }: Replay): string {
  switch (report.kind) {
    case 'signed':
      return `of the agent's key: it reported this output under ${report.lease}`;
    case 'absent':
      return 'none: the orchestrator no longer had the signed report';
    case 'false':
      return `FALSE: ${printable(report.failure.message)}`;
  }
}

function verdictText(verdict: Verdict | undefined): string {
  if (verdict?.kind !== 'rejected') return 'accepted';
  return `rejected: ${printable(verdict.reason)}`;
}

function checkText({ summary }: Replay): string {
  if (summary.check === 'compare') return 'comparing two results and recomputing where they differ';
  if (summary.check === 'structure') return 'holding what was reported against the task';
  return 'recomputing rows drawn by the seed in the evidence';
}

function rowsText({ rows }: EvidenceSummary): string {
  return `rows ${rows.start} to ${rows.end - 1}`;
}

function timeText(atMs: number): string {
  // An instant of a stranger's may be beyond what a date can be.
  const date = new Date(atMs);
  return Number.isNaN(date.getTime()) ? String(atMs) : date.toISOString();
}
