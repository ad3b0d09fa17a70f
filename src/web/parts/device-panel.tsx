import type { AgentSnapshot } from '../../agent/browser/index.ts';
import { countWords } from '../amounts.ts';
import { operatorBackends, primitiveFacts, type PrimitiveFact } from '../device-facts.ts';
import { shortIdOf } from '../short-id.ts';
import { Panel } from '../primitives/panel.tsx';
import { BACKEND_NAMES, CONTRIBUTE } from '../text.ts';
import { PrimitivesTable } from './primitives-table.tsx';
import styles from './device-panel.module.css';

/** What this device is, and which backend runs what on it. */
export function DevicePanel({ snapshot }: { readonly snapshot: AgentSnapshot | null }) {
  const capability = snapshot?.capability ?? null;
  // Known once joining has found it out.
  if (snapshot === null || capability === null) return null;
  const facts = primitiveFacts(snapshot);
  const { webgpu } = capability.features;
  const rows: readonly (readonly [string, string])[] = [
    [CONTRIBUTE.deviceLabel, capability.label],
    [CONTRIBUTE.deviceCores, countWords(capability.logicalCores)],
    [CONTRIBUTE.deviceGpu, webgpu?.adapter ?? CONTRIBUTE.deviceGpuNone],
    [CONTRIBUTE.operators, operatorsWords(facts)],
    [CONTRIBUTE.models, modelsWords(facts)],
  ];
  return (
    <Panel title={CONTRIBUTE.device}>
      <dl className={styles.facts}>
        <div>
          <dt>{CONTRIBUTE.deviceKey}</dt>
          <dd>
            <code>{shortIdOf(snapshot.agent)}</code>
          </dd>
        </div>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <details className={styles.details}>
        <summary>{CONTRIBUTE.everyPrimitive}</summary>
        <PrimitivesTable facts={facts} />
      </details>
    </Panel>
  );
}

function operatorsWords(facts: readonly PrimitiveFact[]): string {
  const backends = operatorBackends(facts);
  const able = backends.reduce((sum, { count }) => sum + count, 0);
  if (able === 0) return CONTRIBUTE.runsNowhere;
  const [only, ...others] = backends;
  const where =
    only !== undefined && others.length === 0
      ? BACKEND_NAMES[only.backend]
      : backends.map(({ backend, count }) => `${count} ${BACKEND_NAMES[backend]}`).join(', ');
  return `${CONTRIBUTE.operatorsAble(able)} · ${where}`;
}

function modelsWords(facts: readonly PrimitiveFact[]): string {
  const backend = facts.find((fact) => fact.primitive === 'model.run')?.backend ?? null;
  return backend === null ? CONTRIBUTE.runsNowhere : BACKEND_NAMES[backend];
}
