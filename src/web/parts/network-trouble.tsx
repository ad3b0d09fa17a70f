import type { Failure } from '../../domain/failure.ts';
import { Notice } from '../primitives/notice.tsx';
import { NETWORK } from '../text.ts';

type NetworkTroubleProps = {
  readonly failure: Failure;
  /** When the orchestrator last answered; null: never on this page. */
  readonly lastAtMs: number | null;
};

/** Says that the orchestrator does not answer, and how old what is shown has become. */
export function NetworkTrouble({ failure, lastAtMs }: NetworkTroubleProps) {
  return (
    <Notice>
      <p>
        {lastAtMs === null ? NETWORK.lostNever(NETWORK.lostCheck) : NETWORK.lostSince(lastAtMs)}
      </p>
      <details>
        <summary>{NETWORK.lostDetail}</summary>
        <code>
          {failure.code}: {failure.message}
        </code>
      </details>
    </Notice>
  );
}
