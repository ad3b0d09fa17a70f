import { useId } from 'react';
import { trialSizes } from '../../agent/browser/workshop.ts';
import { OPERATORS } from '../../domain/operator.ts';
import { Button } from '../primitives/button.tsx';
import { Panel } from '../primitives/panel.tsx';
import { PRIMITIVE_NAMES } from '../text.ts';
import { LAB } from './lab-text.ts';
import styles from './lab.module.css';
import { LAB_BACKENDS, type LabBackend, type LabOrder } from './lab-order.ts';

type LabFormProps = {
  readonly order: LabOrder;
  readonly isRunning: boolean;
  readonly onChange: (order: LabOrder) => void;
  readonly onStart: () => void;
  readonly onCancel: () => void;
};

/** Operator, size, where it is computed, and whether to compare. */
export function LabForm({ order, isRunning, onChange, onStart, onCancel }: LabFormProps) {
  const id = useId();
  const sizes = trialSizes(order.operator);
  const chosen = sizes.findIndex((size) => size.join() === order.size.join());
  return (
    <Panel title={LAB.setup}>
      <div className={styles.fields}>
        <div className={styles.field}>
          <label htmlFor={`${id}-operator`}>{LAB.operator}</label>
          <select
            id={`${id}-operator`}
            className={styles.select}
            value={order.operator}
            onChange={({ target }) => {
              const operator = OPERATORS.find((name) => name === target.value) ?? order.operator;
              onChange({ ...order, operator, size: sizeFor(operator, Math.max(0, chosen)) });
            }}
          >
            {OPERATORS.map((name) => (
              <option key={name} value={name}>
                {PRIMITIVE_NAMES[name]}
              </option>
            ))}
          </select>
        </div>
        <div className={styles.field}>
          <label htmlFor={`${id}-size`}>{LAB.size}</label>
          <select
            id={`${id}-size`}
            className={styles.select}
            value={chosen}
            aria-describedby={`${id}-hint`}
            onChange={({ target }) => {
              onChange({ ...order, size: sizeFor(order.operator, Number(target.value)) });
            }}
          >
            {sizes.map((size, index) => (
              <option key={size.join()} value={index}>
                {LAB.sizeWords(size)}
              </option>
            ))}
          </select>
          <p id={`${id}-hint`} className={styles.hint}>
            {LAB.sizeHint}
          </p>
        </div>
      </div>
      <fieldset className={styles.checks}>
        <legend>{LAB.backends}</legend>
        {LAB_BACKENDS.map((backend) => (
          <label key={backend} className={styles.check}>
            <input
              type="checkbox"
              checked={order.backends.includes(backend)}
              disabled={!hasBackend(backend)}
              onChange={() => onChange({ ...order, backends: toggled(order.backends, backend) })}
            />
            {hasBackend(backend) ? LAB.backendNames[backend] : LAB.noWebGpu}
          </label>
        ))}
      </fieldset>
      <label className={styles.check}>
        <input
          type="checkbox"
          checked={order.withPeers}
          onChange={() => onChange({ ...order, withPeers: !order.withPeers })}
        />
        {LAB.peer}
      </label>
      {isRunning ? (
        <Button onClick={onCancel}>{LAB.cancel}</Button>
      ) : (
        <Button look="primary" onClick={onStart} disabled={order.backends.length === 0}>
          {LAB.run}
        </Button>
      )}
      {order.backends.length === 0 ? <p className={styles.hint}>{LAB.noBackend}</p> : null}
    </Panel>
  );
}

/** The backends that this browser has at all; whether one really opens, a run shows. */
export function backendsHere(): readonly LabBackend[] {
  return LAB_BACKENDS.filter(hasBackend);
}

function hasBackend(backend: LabBackend): boolean {
  return backend === 'wasm' || 'gpu' in navigator;
}

function toggled(backends: readonly LabBackend[], one: LabBackend): readonly LabBackend[] {
  return LAB_BACKENDS.filter((backend) => backends.includes(backend) !== (backend === one));
}

/** The size of an operator that stands at an index; the last where it has fewer. */
function sizeFor(operator: LabOrder['operator'], index: number): LabOrder['size'] {
  const sizes = trialSizes(operator);
  return sizes[Math.min(index, sizes.length - 1)] ?? [];
}
