import { failure } from '../domain/failure.ts';
import { WORKSHOP_SILENCE_MS } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import type { Surroundings } from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { parseNamedValue } from './named-values.ts';
import { readWhole } from './tensor-file.ts';

/** Where models are traced from the command line. */
export const TRACE_BACKENDS = ['native', 'wasm'] as const;

export type TraceOptions = {
  readonly backend: (typeof TRACE_BACKENDS)[number];
  readonly dimension: readonly string[];
  readonly top: number;
  readonly limit?: number;
  readonly json?: true;
};

export const TRACE_HELP = `
Inputs are made by the shapes that the model declares: random numbers in float32, zeros in other
types. A dimension that it leaves open is 1, or what --dimension says.

Nodes are those that ONNX Runtime runs, after it joined and rewrote those of the model. Times are
medians, by its own profile; a profile costs time itself, so the model as a whole is timed without
one, and the last lines say how far the two are apart.`;

/** Traces a model. Errors: config_invalid, input_invalid (the file), and those of `traceModel`. */
export async function traceFile(
  path: string,
  options: TraceOptions,
  { terminal, signal }: Pick<Surroundings, 'terminal' | 'signal'>,
): Promise<Outcome<ExitCode>> {
  const dimensions = dimensionsOf(options.dimension);
  if (!dimensions.ok) return dimensions;
  const model = await readWhole(path);
  if (!model.ok) return model;
  const { traceModelApart } = await import('../kernels/index.ts');
  const { traceLines } = await import('./trace-words.ts');
  const { spawnWorkshop } = await import('./spawn-workshop.ts');
  const { backend } = options;
  const trace = await traceModelApart(
    { model: model.value, backend, dimensions: dimensions.value },
    {
      spawn: spawnWorkshop,
      silenceMs: options.limit === undefined ? WORKSHOP_SILENCE_MS : options.limit * 1000,
      signal,
      onStep: ({ what, index, count }) => {
        terminal.status(`${what} on ${backend} (${index + 1} of ${count}) …`);
      },
    },
  );
  if (!trace.ok) return trace;
  if (options.json === true) {
    const dimensionSizes = Object.fromEntries(trace.value.dimensions);
    terminal.result(JSON.stringify({ ...trace.value, dimensions: dimensionSizes }));
  } else for (const line of traceLines(trace.value, options)) terminal.result(line);
  return succeed(EXIT.ok);
}

function dimensionsOf(texts: readonly string[]): Outcome<ReadonlyMap<string, number>> {
  const dimensions = new Map<string, number>();
  for (const text of texts) {
    const { name, value } = parseNamedValue(text);
    const size = Number(value);
    if (name === null || !Number.isSafeInteger(size) || size < 1) {
      const remedy = 'write it as --dimension batch=4';
      return fail(failure('config_invalid', `"${text}" is no size of a dimension: ${remedy}`));
    }
    dimensions.set(name, size);
  }
  return succeed(dimensions);
}
