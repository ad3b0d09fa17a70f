import { fetchEvidence, httpBlocks } from '../../data/index.ts';
import { generateSigningKey } from '../../integrity/index.ts';
import type { OpenModels } from '../checking/checker.ts';
import { replayEvidence } from './replay-evidence.ts';
import type { FromReplayer, ToReplayer } from './replay-message.ts';

/** Answers a page from within a worker: replays the evidence that it names or has. */
export async function serveReplay(
  { source, origin }: ToReplayer,
  of: {
    readonly post: (message: FromReplayer) => void;
    readonly openModels: OpenModels;
    readonly nowMs: number;
  },
): Promise<void> {
  const { post, openModels, nowMs } = of;
  // A browser without Ed25519 would find every signature false.
  const key = await generateSigningKey({ extractable: false });
  if (!key.ok) return post({ kind: 'refused', failure: key.failure });
  if (source.kind === 'kept') post({ kind: 'progress', step: 'fetching' });
  const bytes =
    source.kind === 'file'
      ? ({ ok: true, value: source.bytes } as const)
      : await fetchEvidence(source.id, { origin });
  if (!bytes.ok) return post({ kind: 'refused', failure: bytes.failure });
  post({ kind: 'progress', step: 'verifying' });
  const replayed = await replayEvidence(bytes.value, {
    nowMs,
    others: httpBlocks({ origin }),
    openModels,
    onChecking: () => post({ kind: 'progress', step: 'checking' }),
  });
  if (replayed.ok) post({ kind: 'done', replay: replayed.value });
  else post({ kind: 'refused', failure: replayed.failure });
}
