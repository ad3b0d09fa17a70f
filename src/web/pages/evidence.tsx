import { QueryClientProvider } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { parseEvidenceId } from '../../domain/ids.ts';
import type { EvidenceSource } from '../../orchestrator/evidence/replay-message.ts';
import { EVIDENCE } from '../evidence-text.ts';
import { networkQueries } from '../network-query.ts';
import { EvidenceFile, type OpenedFile } from '../parts/evidence-file.tsx';
import { EvidenceList } from '../parts/evidence-list.tsx';
import { EvidenceReplay } from '../parts/evidence-replay.tsx';
import { Page } from '../primitives/page.tsx';
import { evidenceIn, usePathname } from '../route.ts';
import styles from './evidence.module.css';
import { NotFoundPage } from './not-found.tsx';

/** Why results were rejected, and the check of each made again in this tab. */
export function EvidencePage() {
  const named = evidenceIn(usePathname());
  if (named === null) return <EvidenceDesk />;
  const id = parseEvidenceId(named);
  return id.ok ? <KeptEvidence key={id.value} id={id.value} /> : <NotFoundPage />;
}

function KeptEvidence({ id }: Pick<Extract<EvidenceSource, { kind: 'kept' }>, 'id'>) {
  const source = useMemo(() => ({ kind: 'kept', id }) as const, [id]);
  return (
    <div className={styles.page}>
      <EvidenceReplay source={source} title={EVIDENCE.bundleTitle} onBack={null} />
    </div>
  );
}

function EvidenceDesk() {
  const [file, setFile] = useState<OpenedFile | null>(null);
  if (file !== null) {
    return (
      <div className={styles.page}>
        <EvidenceReplay
          source={file.source}
          title={EVIDENCE.fileTitle(file.name)}
          onBack={() => setFile(null)}
        />
      </div>
    );
  }
  return (
    <Page title={EVIDENCE.title} lead={EVIDENCE.lead}>
      <QueryClientProvider client={networkQueries}>
        <EvidenceList />
      </QueryClientProvider>
      <EvidenceFile onOpen={setFile} />
    </Page>
  );
}
