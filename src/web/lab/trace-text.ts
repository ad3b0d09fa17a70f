import { bytesWords } from '../amounts.ts';
import { TRACE_MODEL_BYTES_MAX } from '../../domain/limits.ts';

export type TraceBackend = 'wasm' | 'webgpu';

export const TRACE_BACKENDS: readonly { readonly value: TraceBackend; readonly label: string }[] = [
  { value: 'wasm', label: 'WASM' },
  { value: 'webgpu', label: 'WebGPU' },
];

// What is said of tracing a model. Sentence case, plain words.
export const TRACE = {
  title: 'Where a model’s time goes',
  lead: 'Open an ONNX model: ONNX Runtime runs it here on numbers made up for its inputs, and tells how long each of its nodes takes.',
  backend: 'Run it on',
  backendHint: { wasm: 'One thread of the processor.', webgpu: 'The graphics processor.' },
  dimensions: 'Open dimensions',
  dimensionsHint: 'Such as “batch=4, sequence=128”. Those that you do not name are 1.',
  dimensionsBad: 'Write them as name=size, with commas between; a size is 1 to 1,000,000.',
  choose: 'Open a model',
  drop: 'or drop it here',
  fileHint: 'An .onnx file. It stays in this browser.',
  large: `This file is larger than a model may be (${bytesWords(TRACE_MODEL_BYTES_MAX)}).`,
  again: (name: string) => `Trace ${name} again`,
  loading: 'Loading the model',
  outcome: (name: string) => `The nodes of ${name}`,
  facts: {
    run: 'A run',
    nodes: 'Its nodes together',
    profiled: 'A run with the profile',
    load: 'Loading',
  },
  error:
    'How far the nodes together are from a run is the error of this trace: a profile takes time itself, and does not count what lies between nodes.',
  inputs: (words: string) => `Inputs: ${words}`,
  columns: { node: 'Node', operator: 'Operator', time: 'Time', share: 'Share' },
  others: (count: number, time: string) => `${count} others, ${time}`,
  onCpu: 'on the processor',
};
