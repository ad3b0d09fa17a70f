import { basename, extname } from 'node:path';
import { failure } from '../domain/failure.ts';
import type { InferenceSpec } from '../domain/job.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import type { NamedTensor } from '../domain/work.ts';
import { parseOnnxModel, type OnnxModel, type OnnxTensor } from '../kernels/index.ts';
import { assignNames } from './named-values.ts';
import { scalarTensor } from './scalar-tensor.ts';
import {
  openTensorFile,
  readWhole,
  uploadFile,
  uploadTensor,
  type TensorFile,
  type Upload,
} from './tensor-file.ts';

/** What the command line says of an inference job. */
export type InferenceOptions = {
  readonly model: string;
  readonly input: readonly string[];
  readonly constant: readonly string[];
  readonly output: readonly string[];
};

/** An inference job whose files were read and found to do; nothing is uploaded yet. */
export type InferencePlan = {
  readonly name: string;
  readonly model: { readonly path: string; readonly fileBytes: number };
  readonly inputs: ReadonlyMap<string, TensorFile>;
  readonly constants: ReadonlyMap<string, TensorFile | NamedTensor>;
  /** Where each output goes, by name. */
  readonly paths: ReadonlyMap<string, string>;
};

/** Reads the files of a job. Errors: config_invalid, shape_mismatch, those of the files. */
export async function planInference(options: InferenceOptions): Promise<Outcome<InferencePlan>> {
  const bytes = await readWhole(options.model);
  if (!bytes.ok) return bytes;
  const model = parseOnnxModel(bytes.value);
  if (!model.ok) {
    return fail({ ...model.failure, message: `${options.model}: ${model.failure.message}` });
  }
  const names = assignModelNames(model.value, options);
  if (!names.ok) return names;
  const inputs = await openAll(names.value.inputs);
  if (!inputs.ok) return inputs;
  const agree = checkRows(inputs.value);
  if (!agree.ok) return agree;
  const constants = await openConstants(model.value, names.value.constants);
  if (!constants.ok) return constants;
  return succeed({
    name: basename(options.model, extname(options.model)),
    model: { path: options.model, fileBytes: bytes.value.byteLength },
    inputs: inputs.value,
    constants: constants.value,
    paths: names.value.outputs,
  });
}

/** Uploads what is missing of a job's files. */
export async function uploadInference(
  plan: InferencePlan,
  upload: Upload,
): Promise<Outcome<InferenceSpec>> {
  const model = await uploadFile(plan.model, upload);
  if (!model.ok) return model;
  const inputs = await uploadAll(plan.inputs, upload);
  if (!inputs.ok) return inputs;
  const constants = await uploadAll(plan.constants, upload);
  if (!constants.ok) return constants;
  return succeed({
    kind: 'inference',
    model: model.value,
    inputs: inputs.value,
    constants: constants.value,
    outputs: [...plan.paths.keys()],
  });
}

type Names = Readonly<Record<'inputs' | 'constants' | 'outputs', ReadonlyMap<string, string>>>;

function assignModelNames(model: OnnxModel, options: InferenceOptions): Outcome<Names> {
  const all = model.inputs.map(({ name }) => name);
  const constants = assignNames(options.constant, {
    flag: '--constant',
    names: all,
    isComplete: false,
  });
  if (!constants.ok) return constants;
  const rest = all.filter((name) => !constants.value.has(name));
  const inputs = assignNames(options.input, { flag: '--input', names: rest, isComplete: true });
  if (!inputs.ok) return inputs;
  const outputs = assignNames(options.output, {
    flag: '--output',
    names: model.outputs.map(({ name }) => name),
    isComplete: false,
  });
  if (!outputs.ok) return outputs;
  return succeed({ inputs: inputs.value, constants: constants.value, outputs: outputs.value });
}

/** Opens .npy files by name. */
export async function openAll(
  paths: ReadonlyMap<string, string>,
): Promise<Outcome<ReadonlyMap<string, TensorFile>>> {
  const files = new Map<string, TensorFile>();
  for (const [name, path] of paths) {
    const file = await openTensorFile(path);
    if (!file.ok) return file;
    files.set(name, file.value);
  }
  return succeed(files);
}

/** Uploads files by name; tensors that are at hand already go along as they are. */
export async function uploadAll(
  files: ReadonlyMap<string, TensorFile | NamedTensor>,
  upload: Upload,
): Promise<Outcome<readonly NamedTensor[]>> {
  const tensors: NamedTensor[] = [];
  for (const [name, file] of files) {
    const tensor = 'tensor' in file ? succeed(file.tensor) : await uploadTensor(file, upload);
    if (!tensor.ok) return tensor;
    tensors.push({ name, tensor: tensor.value });
  }
  return succeed(tensors);
}

/** Told here, before a large file travels for nothing. */
function checkRows(inputs: ReadonlyMap<string, TensorFile>): Outcome<void> {
  const rows = [...inputs].map(([name, { header }]) => ({ name, count: header.shape[0] }));
  const scalar = rows.find(({ count }) => count === undefined);
  if (scalar !== undefined) {
    const text = `input ${scalar.name} is a scalar and has no rows`;
    const remedy = `Give it once for the whole job: --constant ${scalar.name}=…`;
    return fail(failure('shape_mismatch', `${text}. ${remedy}.`));
  }
  const [first] = rows;
  const other = rows.find(({ count }) => count !== first?.count);
  if (first === undefined || other === undefined) return succeed(undefined);
  const text = `input ${first.name} has ${first.count} rows and ${other.name} has ${other.count}`;
  const remedy = 'All need as many; what is the same for all rows is a --constant';
  return fail(failure('shape_mismatch', `${text}. ${remedy}.`));
}

async function openConstants(
  model: OnnxModel,
  values: ReadonlyMap<string, string>,
): Promise<Outcome<ReadonlyMap<string, TensorFile | NamedTensor>>> {
  const constants = new Map<string, TensorFile | NamedTensor>();
  for (const [name, value] of values) {
    const input = model.inputs.find((candidate) => candidate.name === name);
    const constant = value.endsWith('.npy')
      ? await openTensorFile(value)
      : constantTensor(value, { name, input });
    if (!constant.ok) return constant;
    constants.set(name, constant.value);
  }
  return succeed(constants);
}

function constantTensor(
  text: string,
  { name, input }: { name: string; input: OnnxTensor | undefined },
): Outcome<NamedTensor> {
  if (input === undefined || input.dtype === null) {
    const why = 'this input has a type that tensors here cannot have';
    return fail(failure('config_invalid', `--constant ${name}: ${why}. Export another model.`));
  }
  const tensor = scalarTensor(text, { name, dtype: input.dtype, shape: input.shape });
  if (!tensor.ok) return tensor;
  const { dtype, shape, bytes } = tensor.value;
  return succeed({ name, tensor: { dtype, shape, source: { kind: 'inline', bytes } } });
}
