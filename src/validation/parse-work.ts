import { parseContentId, type ContentId } from '../domain/ids.ts';
import {
  BLOB_BYTES_MAX,
  GRAPH_NODES_MAX,
  INLINE_TENSOR_BYTES_MAX,
  MODEL_BATCH_MAX,
  MODEL_BYTES_MAX,
  NAME_CHARS_MAX,
  OPERATOR_INPUTS_MAX,
  STAGE_TENSORS_MAX,
  TENSOR_ELEMENTS_MAX,
  TENSOR_RANK_MAX,
} from '../domain/limits.ts';
import { OPERATORS, type OperatorNode } from '../domain/operator.ts';
import {
  DTYPES,
  elementCount,
  tensorBytes,
  type DType,
  type Shape,
  type TensorRef,
} from '../domain/tensor.ts';
import type { Program, StageInput, StageOutput, StageWork, TaskOutput } from '../domain/work.ts';
import {
  bytesOf,
  entriesOf,
  fieldsOf,
  itemsOf,
  naturalOf,
  refuse,
  required,
  shown,
  textOf,
  wordOf,
  type Named,
} from './value-reader.ts';

const CUTS = ['rows', 'whole'] as const;

/**
 * A stage's work out of a canonical value, within `readStrictly`.
 *
 * As strict as the planner: every name is there once and before it is used.
 */
export function workOf(value: Named): StageWork {
  const field = fieldsOf(value, ['program', 'inputs', 'outputs']);
  const inputs = itemsOf(field('inputs'), STAGE_TENSORS_MAX).map(inputOf);
  const outputs = itemsOf(field('outputs'), STAGE_TENSORS_MAX).map(outputOf);
  if (inputs.length === 0 || outputs.length === 0) refuse(`${value.name} has no input or output`);
  refuseTwice(inputs, 'input');
  refuseTwice(outputs, 'output');
  const program = programOf(field('program'));
  if (program.kind === 'graph') refuseUnmade(program.nodes, { inputs, outputs });
  return { program, inputs, outputs };
}

/** The tensors of a result, as an agent may report them. */
export function taskOutputOf(value: Named): TaskOutput {
  return itemsOf(value, STAGE_TENSORS_MAX).map(tensorOf);
}

function inputOf(value: Named): StageInput {
  const field = fieldsOf(value, ['name', 'cut', 'tensor']);
  const name = nameOf(field('name'));
  return { name, cut: wordOf(field('cut'), CUTS), tensor: tensorOf(field('tensor')) };
}

function outputOf(value: Named): StageOutput {
  const field = fieldsOf(value, ['name', 'dtype', 'rowShape']);
  const dtype = wordOf(field('dtype'), DTYPES);
  return { name: nameOf(field('name')), dtype, rowShape: shapeOf(field('rowShape')) };
}

function programOf(value: Named): Program {
  const kind = new Map(entriesOf(value)).get('kind');
  if (kind === 'graph') {
    const field = fieldsOf(value, ['kind', 'nodes']);
    return { kind, nodes: itemsOf(field('nodes'), GRAPH_NODES_MAX).map(nodeOf) };
  }
  if (kind === 'audit') {
    fieldsOf(value, ['kind']);
    return { kind };
  }
  if (kind !== 'model') return refuse(`${value.name} is neither a graph nor a model nor an audit`);
  const field = fieldsOf(value, ['kind', 'model', 'fixedBatch', 'inputTypes']);
  const model = fieldsOf(field('model'), ['blob', 'byteLength']);
  const batch = field('fixedBatch');
  const inputTypes: Record<string, DType> = Object.create(null);
  const types = field('inputTypes');
  for (const [name, dtype] of entriesOf(types)) {
    inputTypes[name] = wordOf({ value: dtype, name: `${types.name}.${shown(name)}` }, DTYPES);
  }
  return {
    kind,
    model: {
      blob: blobOf(model('blob')),
      byteLength: naturalOf(model('byteLength'), MODEL_BYTES_MAX),
    },
    fixedBatch: batch.value === null ? null : batchOf(batch),
    inputTypes,
  };
}

function batchOf(value: Named): number {
  return naturalOf(value, MODEL_BATCH_MAX) || refuse(`${value.name} takes no rows`);
}

function nodeOf(value: Named): OperatorNode {
  const field = fieldsOf(value, ['operator', 'inputs', 'output', 'axis']);
  const axis = field('axis');
  return {
    operator: wordOf(field('operator'), OPERATORS),
    inputs: itemsOf(field('inputs'), OPERATOR_INPUTS_MAX).map(nameOf),
    output: nameOf(field('output')),
    ...(axis.value !== null && { axis: naturalOf(axis, TENSOR_RANK_MAX) }),
  };
}

function tensorOf(value: Named): TensorRef {
  const isInline = entriesOf(value).some(([key]) => key === 'bytes');
  if (isInline) {
    const field = fieldsOf(value, ['dtype', 'shape', 'bytes']);
    const type = { dtype: wordOf(field('dtype'), DTYPES), shape: shapeOf(field('shape')) };
    const bytes = bytesOf(field('bytes'), { most: INLINE_TENSOR_BYTES_MAX });
    if (bytes.byteLength !== tensorBytes(type)) {
      const text = `${value.name} has ${bytes.byteLength} bytes, its shape ${tensorBytes(type)}`;
      refuse(text, 'shape_mismatch');
    }
    return { ...type, source: { kind: 'inline', bytes } };
  }
  const field = fieldsOf(value, ['dtype', 'shape', 'blob', 'byteOffset']);
  return {
    dtype: wordOf(field('dtype'), DTYPES),
    shape: shapeOf(field('shape')),
    source: {
      kind: 'blob',
      blob: blobOf(field('blob')),
      byteOffset: naturalOf(field('byteOffset'), BLOB_BYTES_MAX),
    },
  };
}

function shapeOf(value: Named): Shape {
  const shape = itemsOf(value, TENSOR_RANK_MAX).map((item) => naturalOf(item));
  if (elementCount(shape) <= TENSOR_ELEMENTS_MAX) return shape;
  return refuse(`${value.name} has more than ${TENSOR_ELEMENTS_MAX} elements`, 'limit_exceeded');
}

function blobOf(value: Named): ContentId<'blob'> {
  return required(parseContentId(textOf(value, NAME_CHARS_MAX)), value.name);
}

function nameOf(value: Named): string {
  const name = textOf(value, NAME_CHARS_MAX);
  return name === '' ? refuse(`${value.name} is empty`) : name;
}

function refuseTwice(tensors: readonly { readonly name: string }[], what: string): void {
  const names = new Set(tensors.map(({ name }) => name));
  if (names.size !== tensors.length) refuse(`two ${what}s have one name`);
}

/** A graph whose nodes take what nobody made, make what is there, or leave an output unmade. */
function refuseUnmade(
  nodes: readonly OperatorNode[],
  { inputs, outputs }: Pick<StageWork, 'inputs' | 'outputs'>,
): void {
  const known = new Set(inputs.map(({ name }) => name));
  const made = new Set<string>();
  for (const node of nodes) {
    const missing = node.inputs.find((name) => !known.has(name));
    if (missing !== undefined)
      refuse(`a node takes "${shown(missing)}", which nothing made before`);
    if (known.has(node.output)) refuse(`"${shown(node.output)}" is made twice`);
    known.add(node.output);
    made.add(node.output);
  }
  const unmade = outputs.find(({ name }) => !made.has(name));
  if (unmade !== undefined) refuse(`no node makes the output "${shown(unmade.name)}"`);
}
