import type { ModelTrace, TracedNode } from '../kernels/index.ts';
import { median } from '../kernels/workshop/median.ts';
import { threeDigits } from './kernels-words.ts';
import { printable } from './printable.ts';

/** What a model's run takes, node by node, line by line. Names come from the model. */
export function traceLines(
  trace: ModelTrace,
  { top }: { readonly top: number },
): readonly string[] {
  const all = trace.nodes.reduce((sum, { ms }) => sum + ms, 0);
  const line = (node: TracedNode): string => {
    const shapes = `${node.inputs.join(', ')} -> ${node.outputs.join(', ')}`;
    return printable(`${times(node.ms, all)}  ${node.operator.padEnd(18)} ${node.name}  ${shapes}`);
  };
  const more = trace.nodes.length - top;
  return [
    ...trace.inputs.map(({ name, dtype, shape }) => {
      return printable(`input ${name}: ${dtype} [${shape.join(',')}]`);
    }),
    ...[...trace.dimensions].map(([name, size]) => printable(`dimension ${name}: ${size}`)),
    '',
    `${'MS'.padStart(10)}${'SHARE'.padStart(9)}  ${'OPERATOR'.padEnd(18)} NODES`,
    ...byOperator(trace.nodes).map(({ operator, count, ms }) => {
      return printable(`${times(ms, all)}  ${operator.padEnd(18)} ${count}`);
    }),
    '',
    `${'MS'.padStart(10)}${'SHARE'.padStart(9)}  ${'OPERATOR'.padEnd(18)} NODE`,
    ...trace.nodes.slice(0, top).map(line),
    ...(more > 0 ? [`and ${more} more: --top ${trace.nodes.length} shows them`] : []),
    '',
    ...errorLines(trace),
  ];
}

/** How far the nodes together are from the model. */
function errorLines(trace: ModelTrace): readonly string[] {
  const { backend, loadMs } = trace;
  const [runMs, profiledMs, nodesMs] = [
    median(trace.runsMs),
    median(trace.profiledMs),
    median(trace.nodesMs),
  ];
  return [
    `loaded in ${threeDigits(loadMs)} ms; a run on ${backend} takes ${threeDigits(runMs)} ms (${trace.runsMs.length} runs)`,
    `nodes together: ${threeDigits(nodesMs)} ms, ${percent(nodesMs / runMs)} of a run; ` +
      `a run with the profile: ${threeDigits(profiledMs)} ms, ${percent(profiledMs / runMs)}`,
  ];
}

type OfOperator = { readonly operator: string; readonly count: number; readonly ms: number };

function byOperator(nodes: readonly TracedNode[]): readonly OfOperator[] {
  const groups = new Map<string, OfOperator>();
  for (const { operator, ms } of nodes) {
    const former = groups.get(operator) ?? { operator, count: 0, ms: 0 };
    groups.set(operator, { operator, count: former.count + 1, ms: former.ms + ms });
  }
  return [...groups.values()].toSorted((a, b) => b.ms - a.ms);
}

function times(ms: number, all: number): string {
  return threeDigits(ms).padStart(10) + percent(all === 0 ? 0 : ms / all).padStart(9);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
