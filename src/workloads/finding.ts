import type { Verdict } from '../domain/checking.ts';
import type { RowRange } from '../domain/tensor.ts';
import type { StageWork, TaskOutput } from '../domain/work.ts';
import { checkStructure, type CheckName } from '../validation/index.ts';

/** A result under the name of the lease under which it was reported. */
export type ReportedOutput<Lease> = { readonly lease: Lease; readonly output: TaskOutput };

/** A verdict on each result, and which of them is to be used. */
export type Judgement<Lease> = {
  readonly verdicts: readonly { readonly lease: Lease; readonly verdict: Verdict }[];
  readonly accepted: Lease | null;
  /** The checks that the accepted result passed here; none where none was accepted. */
  readonly checks: readonly CheckName[];
};

/** What was found of a result by now. */
export type Finding<Lease> = ReportedOutput<Lease> & {
  /** Null while nothing is. */
  wrong: string | null;
  readonly checks: CheckName[];
};

/** What a result's structure says of it: where all checks begin. */
export function structureFinding<Lease>(
  of: { readonly work: StageWork; readonly rows: RowRange },
  { lease, output }: ReportedOutput<Lease>,
): Finding<Lease> {
  const structure = checkStructure({ work: of.work, rows: of.rows, output });
  const wrong = structure.ok ? null : structure.failure.message;
  const hasBlobs = output.some(({ source }) => source.kind === 'blob');
  return { lease, output, wrong, checks: hasBlobs ? ['structure', 'digest'] : ['structure'] };
}

/** The verdicts that findings of one task's results come to; the first that is right is used. */
export function judgementOf<Lease>(findings: readonly Finding<Lease>[]): Judgement<Lease> {
  const verdicts = findings.map(({ lease, wrong }) => {
    const verdict: Verdict =
      wrong === null ? { kind: 'accepted' } : { kind: 'rejected', reason: wrong };
    return { lease, verdict };
  });
  const used = findings.find(({ wrong }) => wrong === null);
  return { verdicts, accepted: used?.lease ?? null, checks: used?.checks ?? [] };
}
