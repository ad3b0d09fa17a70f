import type { Verdict } from '../../domain/checking.ts';
import type { Replay } from '../../orchestrator/evidence/replay-evidence.ts';
import type { EvidenceSource } from '../../orchestrator/evidence/replay-message.ts';
import { bytesWords } from '../amounts.ts';
import { EVIDENCE, instantWords, rowsWords } from '../evidence-text.ts';
import { Badge } from '../primitives/badge.tsx';
import { Panel } from '../primitives/panel.tsx';
import { PATHS } from '../route.ts';
import styles from './replay-outcome.module.css';

type ReplayOutcomeProps = { readonly replay: Replay; readonly source: EvidenceSource };

/** What came of a replay: the verdicts side by side, the numbers, who signed. */
export function ReplayOutcome({ replay, source }: ReplayOutcomeProps) {
  const { results, accused, wrong, fetchedCount } = replay;
  const conclusion = conclusionOf(replay);
  const others = results.filter((_, index) => index !== accused);
  return (
    <>
      <Panel
        title={EVIDENCE.verdict}
        aside={<Badge tone={conclusion.isGood ? 'good' : 'bad'}>{conclusion.word}</Badge>}
      >
        <p role="status">{conclusion.detail}</p>
        {results.slice(accused, accused + 1).map((result) => (
          <VerdictPair key={result.agent} claimed={result.claimed} found={result.found} />
        ))}
        {wrong === null ? null : <WrongNumbers wrong={wrong} tolerance={replay.tolerance} />}
        {others.map((result) => (
          <section key={result.agent}>
            <h3 className={styles.subtitle}>{EVIDENCE.beside}</h3>
            <VerdictPair claimed={result.claimed} found={result.found} />
          </section>
        ))}
        {fetchedCount === 0 ? null : (
          <p className={styles.quiet}>{EVIDENCE.fetched(fetchedCount)}</p>
        )}
      </Panel>
      <ResultFacts replay={replay} source={source} />
    </>
  );
}

function conclusionOf({ isSame, report }: Replay) {
  if (!isSame) return { isGood: false, word: EVIDENCE.differs, detail: EVIDENCE.differsDetail };
  if (report.kind === 'false') {
    return { isGood: false, word: EVIDENCE.forged, detail: EVIDENCE.forgedDetail };
  }
  return { isGood: true, word: EVIDENCE.same, detail: EVIDENCE.sameDetail };
}

function VerdictPair({ claimed, found }: { claimed: Verdict; found: Verdict }) {
  return (
    <dl className={styles.pair}>
      <div>
        <dt>{EVIDENCE.foundThen}</dt>
        <dd>{verdictWords(claimed)}</dd>
      </div>
      <div>
        <dt>{EVIDENCE.foundNow}</dt>
        <dd>{verdictWords(found)}</dd>
      </div>
    </dl>
  );
}

function verdictWords(verdict: Verdict): string {
  return verdict.kind === 'accepted' ? EVIDENCE.accepted : EVIDENCE.rejected(verdict.reason);
}

function WrongNumbers({
  wrong,
  tolerance,
}: {
  readonly wrong: NonNullable<Replay['wrong']>;
  readonly tolerance: string;
}) {
  return (
    <section>
      <h3 className={styles.subtitle}>{EVIDENCE.numbers}</h3>
      <p className={styles.quiet}>{wrong.place}</p>
      <dl className={styles.pair}>
        <div>
          <dt>{EVIDENCE.claimed}</dt>
          <dd className={styles.number}>{wrong.claimed}</dd>
        </div>
        <div>
          <dt>{EVIDENCE.right}</dt>
          <dd className={styles.number}>{wrong.right}</dd>
        </div>
      </dl>
      <details className={styles.tolerance}>
        <summary>{EVIDENCE.tolerance}</summary>
        <p>{tolerance}</p>
      </details>
    </section>
  );
}

function ResultFacts({ replay, source }: ReplayOutcomeProps) {
  const { summary, task, report } = replay;
  const { id, agent, rows, check, judgedAtMs, byteLength } = summary;
  const facts = [
    { label: EVIDENCE.signature, value: signatureWords(report) },
    { label: EVIDENCE.agent, value: agent },
    { label: EVIDENCE.task, value: task },
    { label: EVIDENCE.rows, value: rowsWords(rows) },
    { label: EVIDENCE.check, value: EVIDENCE.checks[check] },
    { label: EVIDENCE.when, value: instantWords(judgedAtMs) },
    { label: EVIDENCE.size, value: bytesWords(byteLength) },
  ];
  const what =
    source.kind === 'kept' ? `${id} --orchestrator ${location.origin}` : `${id}.evidence`;
  return (
    <Panel title={EVIDENCE.facts}>
      <dl className={styles.facts}>
        {facts.map(({ label, value }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {source.kind === 'file' ? null : (
        <a className={styles.download} href={`${PATHS.evidence}/${id}.evidence`} download>
          {EVIDENCE.download}
        </a>
      )}
      <p className={styles.quiet}>
        {EVIDENCE.command}
        <code className={styles.code}>{EVIDENCE.commandLine(what)}</code>
      </p>
    </Panel>
  );
}

function signatureWords(report: Replay['report']): string {
  if (report.kind === 'false') return EVIDENCE.falsely(report.failure.message);
  return report.kind === 'signed' ? EVIDENCE.signed : EVIDENCE.absent;
}
