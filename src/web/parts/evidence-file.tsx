import { EVIDENCE_BYTES_MAX } from '../../domain/limits.ts';
import type { EvidenceSource } from '../../orchestrator/evidence/replay-message.ts';
import { EVIDENCE } from '../evidence-text.ts';
import { FileDrop } from '../primitives/file-drop.tsx';
import { Panel } from '../primitives/panel.tsx';

/** A bundle of the visitor's own. */
export type OpenedFile = { readonly name: string; readonly source: EvidenceSource };

/** Takes a bundle by choosing or dropping it. */
export function EvidenceFile({ onOpen }: { readonly onOpen: (file: OpenedFile) => void }) {
  return (
    <Panel title={EVIDENCE.file}>
      <FileDrop
        label={EVIDENCE.fileChoose}
        orDrop={EVIDENCE.fileDrop}
        hint={EVIDENCE.fileHint}
        accept=".evidence"
        bytesMax={EVIDENCE_BYTES_MAX}
        largeWords={EVIDENCE.fileLarge(EVIDENCE_BYTES_MAX)}
        onOpen={({ name, bytes }) => onOpen({ name, source: { kind: 'file', bytes } })}
      />
    </Panel>
  );
}
