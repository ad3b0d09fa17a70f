import { readFile } from 'node:fs/promises';
import { basename, dirname, extname, resolve } from 'node:path';
import { failure } from '../domain/failure.ts';
import type { OperatorsSpec } from '../domain/job.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { parseGraphFile, type GraphFile } from './graph-file.ts';
import { openAll, uploadAll } from './inference-job.ts';
import { assignNames } from './named-values.ts';
import type { TensorFile, Upload } from './tensor-file.ts';

/** What the command line says of a graph of operators. */
export type OperatorsOptions = {
  readonly graph: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
};

/** A graph whose files were read and found to do; nothing is uploaded yet. */
export type OperatorsPlan = {
  readonly name: string;
  readonly graph: GraphFile;
  readonly inputs: ReadonlyMap<string, TensorFile>;
  readonly paths: ReadonlyMap<string, string>;
};

/** Reads the files of a job. Errors: config_invalid, those of the files. */
export async function planOperators(options: OperatorsOptions): Promise<Outcome<OperatorsPlan>> {
  const text = await readFile(options.graph, 'utf8').catch((cause: unknown) => {
    return cause instanceof Error ? cause : new Error(String(cause));
  });
  if (text instanceof Error) {
    const why = `cannot read ${options.graph}: ${text.message}. Check --graph`;
    return fail(failure('input_invalid', `${why}.`));
  }
  const graph = parseGraphFile(text);
  if (!graph.ok) return graph;
  const inputPaths = inputPathsOf(graph.value, options);
  if (!inputPaths.ok) return inputPaths;
  const paths = assignNames(options.output, {
    flag: '--output',
    names: graph.value.outputs,
    isComplete: false,
  });
  if (!paths.ok) return paths;
  const inputs = await openAll(inputPaths.value);
  if (!inputs.ok) return inputs;
  const name = basename(options.graph, extname(options.graph));
  return succeed({ name, graph: graph.value, inputs: inputs.value, paths: paths.value });
}

/** Uploads what is missing of a job's files. */
export async function uploadOperators(
  plan: OperatorsPlan,
  upload: Upload,
): Promise<Outcome<OperatorsSpec>> {
  const inputs = await uploadAll(plan.inputs, upload);
  if (!inputs.ok) return inputs;
  const { nodes, outputs } = plan.graph;
  return succeed({ kind: 'operators', inputs: inputs.value, nodes, outputs });
}

/** Files of the command line before those of the graph. */
function inputPathsOf(
  graph: GraphFile,
  options: OperatorsOptions,
): Outcome<ReadonlyMap<string, string>> {
  const names = [...graph.inputs.keys()];
  const given = assignNames(options.input, { flag: '--input', names, isComplete: false });
  if (!given.ok) return given;
  const paths = new Map<string, string>();
  for (const [name, path] of graph.inputs) {
    const chosen = given.value.get(name);
    if (chosen !== undefined) paths.set(name, chosen);
    else if (path !== null) paths.set(name, resolve(dirname(options.graph), path));
    else {
      const text = `the graph leaves input "${name}" open`;
      return fail(failure('config_invalid', `${text}. Give it: --input ${name}=FILE.npy`));
    }
  }
  return succeed(paths);
}
