import {
  elementWords,
  median,
  type DraftFinding,
  type SourceMessage,
  type VectorFinding,
} from '../../agent/browser/workshop.ts';
import { shortTimeWords } from '../amounts.ts';
import { Badge } from '../primitives/badge.tsx';
import { Panel } from '../primitives/panel.tsx';
import { DRAFT } from './draft-text.ts';
import { rateUnit } from './lab-run.ts';
import { LAB, threeDigits } from './lab-text.ts';
import styles from './lab.module.css';

/** What came of a draft: in a word, in a sentence, and in detail. */
export function DraftOutcome({ finding }: { readonly finding: DraftFinding }) {
  const tone = finding.kind === 'right' ? 'good' : 'bad';
  return (
    <Panel title={DRAFT.outcome} aside={<Badge tone={tone}>{DRAFT.words[finding.kind]}</Badge>}>
      <p role="status">{sentenceOf(finding)}</p>
      {'messages' in finding && finding.messages.length > 0 ? (
        <Messages messages={finding.messages} />
      ) : null}
      {finding.kind === 'wrong' ? <Vectors vectors={finding.vectors} /> : null}
      {finding.kind === 'right' ? <Times trials={finding.trials} /> : null}
    </Panel>
  );
}

function sentenceOf(finding: DraftFinding): string {
  switch (finding.kind) {
    case 'right':
      return DRAFT.right(finding.vectors.length);
    case 'wrong': {
      const wrong = finding.vectors.filter(({ kind }) => kind !== 'right').length;
      return DRAFT.wrong(wrong, finding.vectors.length);
    }
    case 'not-compiled':
      return DRAFT.notCompiled;
    case 'refused':
      return DRAFT.refused(finding.why);
    case 'device-lost':
      return DRAFT.deviceLost(finding.during, finding.why);
    case 'endless':
      return DRAFT.endless(finding.during);
    case 'crashed':
      return DRAFT.crashed(finding.during, finding.why);
  }
}

function Messages({ messages }: { readonly messages: readonly SourceMessage[] }) {
  return (
    <ul className={styles.messages}>
      {messages.map(({ type, line, column, text }) => (
        <li key={`${line}:${column} ${text}`}>
          <strong className={type === 'error' ? styles.wrong : undefined}>
            {DRAFT.message(line, column)}
          </strong>
          : {text}
        </li>
      ))}
    </ul>
  );
}

function Vectors({ vectors }: { readonly vectors: readonly VectorFinding[] }) {
  const wrong = vectors.filter((one) => one.kind !== 'right');
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">{DRAFT.vectors.vector}</th>
          <th scope="col">{DRAFT.vectors.found}</th>
        </tr>
      </thead>
      <tbody>
        {wrong.map((one) => (
          <tr key={one.vector}>
            <th scope="row">{one.vector}</th>
            <td data-label={DRAFT.vectors.found}>
              {one.kind === 'failed'
                ? one.why
                : DRAFT.elements(one.wrong, one.count) + elementWords(one.worst)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Times({ trials }: Pick<Extract<DraftFinding, { kind: 'right' }>, 'trials'>) {
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">{DRAFT.times.size}</th>
          <th scope="col">{DRAFT.times.time}</th>
          <th scope="col">{DRAFT.times.rate}</th>
        </tr>
      </thead>
      <tbody>
        {trials.map(({ operator, size, runsMs, operations }) => {
          const ms = median(runsMs);
          return (
            <tr key={size.join()}>
              <th scope="row">{LAB.sizeWords(size)}</th>
              <td data-label={DRAFT.times.time}>{shortTimeWords(ms * 1000)}</td>
              <td data-label={DRAFT.times.rate}>
                {LAB.rate(threeDigits(operations / ms / 1e6), rateUnit(operator))}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
