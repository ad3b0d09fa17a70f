import type { FailureError } from '../../domain/failure.ts';
import { encodeBase64url } from '../../integrity/index.ts';
import { countWords } from '../amounts.ts';
import { Facts, type Fact } from '../primitives/facts.tsx';
import { Figures } from '../primitives/figures.tsx';
import { Panel } from '../primitives/panel.tsx';
import { instantWords, LEDGER } from './ledger-text.ts';
import styles from './ledger.module.css';
import type { PinState } from './pin-book.ts';
import { waitingCount, type RecordView } from './record-view.ts';

type RecordPanelProps = {
  readonly record: RecordView;
  readonly pin: PinState | undefined;
  readonly pinError: FailureError | null;
};

/** Whose log this is, how far it got, and who saw that. */
export function RecordPanel({ record, pin, pinError }: RecordPanelProps) {
  return (
    <Panel title={LEDGER.record} aside={record.origin}>
      <Figures figures={figuresOf(record)} />
      <Facts facts={[...factsOf(record), seenFact({ pin, pinError, record })]} />
      <Laggards record={record} />
    </Panel>
  );
}

function figuresOf(record: RecordView) {
  const { figures } = LEDGER;
  const { checkpoint, archive, witnesses } = record;
  const seen = checkpoint.kind === 'trusted' ? checkpoint.trusted.cosigners.size : 0;
  const all = Math.max(witnesses.length, record.policy.witnesses.size);
  return [
    {
      label: figures.entries,
      value: countWords(record.size),
      note:
        checkpoint.kind === 'refused'
          ? figures.entriesUntrusted
          : figures.entriesNote(waitingCount(record)),
    },
    {
      label: figures.witnesses,
      value: countWords(seen),
      note: all === 0 ? figures.witnessesNone : figures.witnessesNote(seen, all),
    },
    archive === null
      ? { label: figures.archived, value: '–', note: figures.archivedNone }
      : {
          label: figures.archived,
          value: countWords(archive.confirmedSize),
          note:
            archive.dueAtMs !== null && archive.postedSize === 0
              ? LEDGER.archiveDueWords(record.size, archive.dueAtMs)
              : LEDGER.archiveConfirmedWords(archive.confirmedSize, record.size),
        },
  ];
}

function factsOf(record: RecordView): readonly Fact[] {
  const { facts } = LEDGER;
  const named = { label: facts.key, value: <code>{record.keyText}</code> };
  const { checkpoint } = record;
  if (checkpoint.kind !== 'trusted') {
    const value = checkpoint.kind === 'none' ? facts.checkpointNone : checkpoint.failure.message;
    return [named, { label: facts.checkpoint, value }];
  }
  const { size, root } = checkpoint.trusted.checkpoint;
  const cosigners = [...checkpoint.trusted.cosigners].map(([name, { atSeconds }]) =>
    facts.cosignedAt(name, instantWords(atSeconds * 1_000)),
  );
  return [
    named,
    { label: facts.checkpoint, value: facts.checkpointOf(size) },
    { label: facts.root, value: <code>{encodeBase64url(root)}</code> },
    {
      label: facts.cosigned,
      value: cosigners.length === 0 ? facts.cosignedNone : cosigners.join('; '),
    },
  ];
}

function seenFact({ pin, pinError, record }: RecordPanelProps): Fact {
  const { facts } = LEDGER;
  if (record.checkpoint.kind !== 'trusted') return { label: facts.seen, value: '–' };
  if (pin?.kind === 'forked') return { label: facts.seen, value: LEDGER.forkTitle };
  if (pin?.kind === 'other-log') return { label: facts.seen, value: LEDGER.otherTitle };
  if (pinError !== null) return { label: facts.seen, value: facts.seenFailed(pinError.message) };
  if (pin === undefined) return { label: facts.seen, value: facts.seenUnknown };
  return { label: facts.seen, value: pin.isFirst ? facts.seenFirst : facts.seenFollowed };
}

/** Witnesses that are behind the newest checkpoint. */
function Laggards({ record }: { readonly record: RecordView }) {
  if (record.checkpoint.kind !== 'trusted') return null;
  const { cosigners, checkpoint } = record.checkpoint.trusted;
  const behind = record.witnesses.filter(
    ({ name, size }) => size < checkpoint.size && !cosigners.has(name),
  );
  if (behind.length === 0) return null;
  return (
    <ul className={styles.quiet}>
      {behind.map(({ name, size }) => (
        <li key={name}>{LEDGER.witnessBehind(name, size)}</li>
      ))}
    </ul>
  );
}
