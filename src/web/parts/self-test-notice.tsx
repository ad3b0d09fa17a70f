import type { AgentSnapshot } from '../../agent/browser/index.ts';
import { Notice } from '../primitives/notice.tsx';
import { selfTestWords } from '../self-test-words.ts';

/** Says that this device began to compute something wrongly, or was tried because of a quarantine. */
export function SelfTestNotice({ snapshot }: { readonly snapshot: AgentSnapshot | null }) {
  const words = selfTestWords(snapshot);
  return (
    <div aria-live="polite">{words.length === 0 ? null : <Notice>{words.join(' ')}</Notice>}</div>
  );
}
