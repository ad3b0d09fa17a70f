import { median, type ModelTrace } from '../../agent/browser/workshop.ts';
import { percentWords, shortTimeWords } from '../amounts.ts';
import { Panel } from '../primitives/panel.tsx';
import styles from './lab.module.css';
import { TRACE } from './trace-text.ts';

/** Nodes that are shown each; the others together. Count. */
const SHOWN_MAX = 30;

type TraceOutcomeProps = { readonly trace: ModelTrace; readonly name: string };

/** The nodes of a model, the longest first, and how far they are from the whole. */
export function TraceOutcome({ trace, name }: TraceOutcomeProps) {
  const allMs = trace.nodes.reduce((sum, { ms }) => sum + ms, 0);
  const shown = trace.nodes.slice(0, SHOWN_MAX);
  const others = trace.nodes.slice(SHOWN_MAX);
  const facts = [
    { label: TRACE.facts.run, ms: median(trace.runsMs) },
    { label: TRACE.facts.nodes, ms: median(trace.nodesMs) },
    { label: TRACE.facts.profiled, ms: median(trace.profiledMs) },
    { label: TRACE.facts.load, ms: trace.loadMs },
  ];
  return (
    <Panel title={TRACE.outcome(name)}>
      <dl className={styles.facts}>
        {facts.map(({ label, ms }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{shortTimeWords(ms * 1000)}</dd>
          </div>
        ))}
      </dl>
      <p className={styles.hint}>{TRACE.error}</p>
      <p className={styles.hint}>{TRACE.inputs(inputWords(trace))}</p>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">{TRACE.columns.node}</th>
            <th scope="col">{TRACE.columns.operator}</th>
            <th scope="col">{TRACE.columns.time}</th>
            <th scope="col">{TRACE.columns.share}</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((node, at) => (
            <tr key={`${at} ${node.name}`}>
              <th scope="row" className={styles.node}>
                {node.name}
              </th>
              <td data-label={TRACE.columns.operator}>
                <span>
                  {node.operator}
                  {trace.backend === 'webgpu' && node.on === 'cpu' ? (
                    <span className={styles.sub}>{TRACE.onCpu}</span>
                  ) : null}
                </span>
              </td>
              <td data-label={TRACE.columns.time}>{shortTimeWords(node.ms * 1000)}</td>
              <td data-label={TRACE.columns.share}>
                <span className={styles.bar}>
                  <progress max={allMs || 1} value={node.ms} aria-hidden="true" />
                  {percentWords(node.ms, allMs)}
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {others.length === 0 ? null : (
        <p className={styles.hint}>
          {TRACE.others(
            others.length,
            shortTimeWords(others.reduce((sum, { ms }) => sum + ms, 0) * 1000),
          )}
        </p>
      )}
    </Panel>
  );
}

function inputWords({ inputs }: ModelTrace): string {
  return inputs
    .map(({ name, dtype, shape }) => `${name} ${dtype} [${shape.join(', ')}]`)
    .join('; ');
}
