import { useId, useState } from 'react';
import { traceModelApart, type ModelTrace } from '../../agent/browser/workshop.ts';
import { LAB_TRIAL_MS_MAX, TRACE_MODEL_BYTES_MAX } from '../../domain/limits.ts';
import { Button } from '../primitives/button.tsx';
import { Choice } from '../primitives/choice.tsx';
import { FileDrop } from '../primitives/file-drop.tsx';
import { Panel } from '../primitives/panel.tsx';
import { ApartStatus } from './apart-status.tsx';
import { LAB } from './lab-text.ts';
import styles from './lab.module.css';
import { dimensionsIn } from './open-dimensions.ts';
import { TraceOutcome } from './trace-outcome.tsx';
import { TRACE, TRACE_BACKENDS, type TraceBackend } from './trace-text.ts';
import { useApart } from './use-apart.ts';

type OpenedModel = { readonly name: string; readonly bytes: Uint8Array };

/** A model that somebody opens: how long each of its nodes takes here. */
export function TraceBench() {
  const { state, start, cancel } = useApart<ModelTrace>();
  const [backend, setBackend] = useState<TraceBackend>('wasm');
  const [text, setText] = useState('');
  const [model, setModel] = useState<OpenedModel | null>(null);
  const id = useId();
  const dimensions = dimensionsIn(text);

  const trace = (opened: OpenedModel): void => {
    setModel(opened);
    if (dimensions === null) return;
    const asked = { model: opened.bytes, backend, dimensions };
    start((how) => traceModelApart(asked, { ...how, silenceMs: LAB_TRIAL_MS_MAX }));
  };
  return (
    <>
      <Panel title={TRACE.title}>
        <p className={styles.hint}>{TRACE.lead}</p>
        <div className={styles.fields}>
          <Choice
            label={TRACE.backend}
            value={backend}
            options={TRACE_BACKENDS}
            hint={TRACE.backendHint[backend]}
            onChange={setBackend}
          />
          <div className={styles.field}>
            <label htmlFor={id}>{TRACE.dimensions}</label>
            <input
              id={id}
              className={styles.select}
              value={text}
              aria-describedby={`${id}-hint`}
              aria-invalid={dimensions === null}
              onChange={({ target }) => setText(target.value)}
            />
            <p id={`${id}-hint`} className={dimensions === null ? styles.wrong : styles.hint}>
              {dimensions === null ? TRACE.dimensionsBad : TRACE.dimensionsHint}
            </p>
          </div>
        </div>
        <FileDrop
          label={TRACE.choose}
          orDrop={TRACE.drop}
          hint={TRACE.fileHint}
          accept=".onnx"
          bytesMax={TRACE_MODEL_BYTES_MAX}
          largeWords={TRACE.large}
          onOpen={trace}
        />
        <div className={styles.share}>
          {state.kind === 'running' ? (
            <Button onClick={cancel}>{LAB.cancel}</Button>
          ) : model === null ? null : (
            <Button disabled={dimensions === null} onClick={() => trace(model)}>
              {TRACE.again(model.name)}
            </Button>
          )}
        </div>
      </Panel>
      <ApartStatus state={state} starting={TRACE.loading} />
      {state.kind === 'done' ? <TraceOutcome trace={state.value} name={model?.name ?? ''} /> : null}
    </>
  );
}
