import { failure } from '../../domain/failure.ts';
import { OPERATORS } from '../../domain/operator.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import type { Tensor } from '../../domain/tensor.ts';
import type { Kernels, OperatorCall } from '../kernels.ts';
import type { ModelRunner, ModelSession } from '../model.ts';
import { operatorOutput } from '../operator-output.ts';
import { peerModel } from './peer-model.ts';

/**
 * ONNX Runtime behind the face of kernels: each call as a model of one operator, which is opened with
 * the first call of its kind and shapes, and kept.
 *
 * Errors of `run`: those of the runner; operator_unsupported where ONNX has no such operator.
 */
export function peerKernels(runner: ModelRunner): Kernels {
  const sessions = new Map<string, Outcome<ModelSession>>();
  const sessionFor = async (call: OperatorCall): Promise<Outcome<ModelSession>> => {
    const shapes = call.inputs.map(({ dtype, shape }) => `${dtype} ${shape.join()}`);
    const name = [call.operator, call.axis ?? '', ...shapes].join(' | ');
    const known = sessions.get(name) ?? (await opened(runner, call));
    sessions.set(name, known);
    return known;
  };
  return {
    backend: runner.backend,
    operators: new Set(OPERATORS),
    async run(call): Promise<Outcome<Tensor>> {
      const session = await sessionFor(call);
      if (!session.ok) return session;
      const inputs = new Map(call.inputs.map((tensor, at) => [`x${at}`, tensor]));
      const outputs = await session.value.run(inputs);
      if (!outputs.ok) return outputs;
      const y = outputs.value.get('y');
      return y === undefined
        ? fail(failure('execution_failed', 'ONNX Runtime gave no output "y"'))
        : succeed(y);
    },
    lost: new Promise(() => {}),
    close: () => {
      for (const session of sessions.values()) if (session.ok) void session.value.close();
    },
  };
}

async function opened(runner: ModelRunner, call: OperatorCall): Promise<Outcome<ModelSession>> {
  const output = operatorOutput(call);
  if (!output.ok) return output;
  const model = peerModel(call, output.value);
  if (model !== null) return runner.load(model);
  const text = `ONNX has no operator that is "${call.operator}"`;
  return fail(failure('operator_unsupported', `${text}: compare another`));
}
