import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { failure } from '../domain/failure.ts';
import { OPERATORS, type OperatorName, type OperatorNode } from '../domain/operator.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import type { DType } from '../domain/tensor.ts';
import type { Program, StageInput, StageOutput, StageWork } from '../domain/work.ts';
import {
  Cut,
  OperatorNodeSchema,
  StageWorkSchema,
  type GraphProgram,
  type ModelProgram,
  type OperatorNode as WireOperatorNode,
  type StageInput as WireStageInput,
  type StageOutput as WireStageOutput,
  type StageWork as WireStageWork,
} from './gen/manyhands/agents/v1/task_pb.ts';
import { collect } from './collect.ts';
import { nameTable } from './name-table.ts';
import {
  blobRefFromWire,
  blobRefToWire,
  dtypeFromWire,
  dtypeToWire,
  namedTensorFromWire,
  namedTensorToWire,
  shapeFromWire,
  shapeToWire,
} from './tensor-wire.ts';

const CUT = nameTable<StageInput['cut'], Cut>({ rows: Cut.ROWS, whole: Cut.WHOLE });
const KNOWN_OPERATORS: ReadonlySet<string> = new Set(OPERATORS);

export function stageWorkToWire(work: StageWork): WireStageWork {
  return create(StageWorkSchema, {
    program: programToWire(work.program),
    inputs: work.inputs.map((input) => ({
      input: namedTensorToWire(input),
      cut: CUT.toWire(input.cut),
    })),
    outputs: work.outputs.map((output) => ({
      name: output.name,
      dtype: dtypeToWire(output.dtype),
      rowShape: shapeToWire(output.rowShape),
    })),
  });
}

export function stageWorkFromWire(message: WireStageWork): Outcome<StageWork> {
  const program = programFromWire(message.program);
  if (!program.ok) return program;
  const inputs = collect(message.inputs, stageInputFromWire);
  if (!inputs.ok) return inputs;
  const outputs = collect(message.outputs, stageOutputFromWire);
  if (!outputs.ok) return outputs;
  return succeed({ program: program.value, inputs: inputs.value, outputs: outputs.value });
}

export function operatorNodeToWire(node: OperatorNode): WireOperatorNode {
  return create(OperatorNodeSchema, {
    operator: node.operator,
    inputs: [...node.inputs],
    output: node.output,
    ...(node.axis !== undefined && { axis: node.axis }),
  });
}

/** Errors: operator_unsupported (names the operator). */
export function operatorNodeFromWire(message: WireOperatorNode): Outcome<OperatorNode> {
  const { operator } = message;
  if (!isOperator(operator)) {
    return fail(
      failure(
        'operator_unsupported',
        `operator "${operator}" is not in the set: ${OPERATORS.join(', ')}`,
      ),
    );
  }
  return succeed({
    operator,
    inputs: message.inputs,
    output: message.output,
    ...(message.axis !== undefined && { axis: message.axis }),
  });
}

function isOperator(name: string): name is OperatorName {
  return KNOWN_OPERATORS.has(name);
}

function programToWire(
  program: Program,
): NonNullable<MessageInitShape<typeof StageWorkSchema>['program']> {
  if (program.kind === 'graph') {
    return { case: 'graph', value: { nodes: program.nodes.map(operatorNodeToWire) } };
  }
  if (program.kind === 'audit') return { case: 'audit', value: {} };
  return {
    case: 'model',
    value: {
      model: blobRefToWire(program.model),
      fixedBatch: program.fixedBatch ?? 0,
      casts: Object.entries(program.inputTypes).map(([name, dtype]) => ({
        name,
        dtype: dtypeToWire(dtype),
      })),
    },
  };
}

function programFromWire(program: WireStageWork['program']): Outcome<Program> {
  if (program.case === 'model') return modelFromWire(program.value);
  if (program.case === 'graph') return graphFromWire(program.value);
  if (program.case === 'audit') return succeed({ kind: 'audit' });
  return fail(failure('input_malformed', 'a stage has no program'));
}

function modelFromWire(message: ModelProgram): Outcome<Program> {
  const model = blobRefFromWire(message.model);
  if (!model.ok) return model;
  const inputTypes: Record<string, DType> = Object.create(null);
  for (const cast of message.casts) {
    const dtype = dtypeFromWire(cast.dtype);
    if (!dtype.ok) return dtype;
    inputTypes[cast.name] = dtype.value;
  }
  const fixedBatch = message.fixedBatch === 0 ? null : message.fixedBatch;
  return succeed({ kind: 'model', model: model.value, fixedBatch, inputTypes });
}

function graphFromWire(message: GraphProgram): Outcome<Program> {
  const nodes = collect(message.nodes, operatorNodeFromWire);
  return nodes.ok ? succeed({ kind: 'graph', nodes: nodes.value }) : nodes;
}

function stageInputFromWire(message: WireStageInput): Outcome<StageInput> {
  if (message.input === undefined) return fail(failure('input_malformed', 'an input is missing'));
  const named = namedTensorFromWire(message.input);
  if (!named.ok) return named;
  const cut = CUT.fromWire(message.cut);
  if (cut === null) return fail(failure('input_invalid', `cut ${message.cut} is not known here`));
  return succeed({ ...named.value, cut });
}

function stageOutputFromWire(message: WireStageOutput): Outcome<StageOutput> {
  const dtype = dtypeFromWire(message.dtype);
  if (!dtype.ok) return dtype;
  const rowShape = shapeFromWire(message.rowShape);
  if (!rowShape.ok) return rowShape;
  return succeed({ name: message.name, dtype: dtype.value, rowShape: rowShape.value });
}
