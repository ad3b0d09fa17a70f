import { DRAFT_MESSAGES_MAX } from '../../domain/limits.ts';
import { failure } from '../../domain/failure.ts';
import type { OperatorName } from '../../domain/operator.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { elementCount } from '../../domain/tensor.ts';
import { casesOf } from '../cases.ts';
import { checkedCall } from '../checked-call.ts';
import { hasPackedDot } from '../gpu-device.ts';
import { WGSL } from '../gen/wgsl.ts';
import { WebGpuKernels } from '../webgpu-kernels.ts';
import { planOf } from '../webgpu-plan.ts';
import type { OpenedDraft, SourceMessage } from './draft.ts';

/** By the WebGPU specification; Node has the interface but not the globals. */
const COMPUTE_STAGE = 4;

/** How the shader of an operator is bound and called. */
export type WgslContract = {
  /** The operator's own shader, to begin with. */
  readonly source: string;
  readonly entryPoints: readonly string[];
  /** Storage buffers from binding 1 on; the result is behind them. Count. */
  readonly inputs: number;
};

/**
 * What a shader must be to be tried as an operator, and the one that the network has.
 *
 * Group 0 has uniform sizes at binding 0, the inputs in their order from 1 on, and the result behind
 * them. What the sizes are, and how many workgroups there are, is as the operator's own shader has it.
 */
export function wgslContract(operator: OperatorName, packedDot = false): WgslContract {
  const calls = casesOf(operator).map(({ call }) => call);
  const plans = calls.flatMap((call) => {
    const output = checkedCall(call);
    const isEmpty = !output.ok || elementCount(output.value.shape) === 0;
    return isEmpty ? [] : [planOf(call, { packedDot, products: null })];
  });
  const shader = plans[0]?.shader;
  return {
    source: shader === undefined ? '' : indented(WGSL[shader]),
    entryPoints: [...new Set(plans.map(({ entryPoint }) => entryPoint))],
    inputs: calls[0]?.inputs.length ?? 0,
  };
}

/**
 * Compiles WGSL for an operator on a device of its own.
 *
 * Errors: backend_unsupported.
 */
export async function openWgslDraft(
  gpu: GPU,
  of: { readonly operator: OperatorName; readonly source: string },
): Promise<Outcome<OpenedDraft>> {
  const packedDot = hasPackedDot(gpu);
  const contract = wgslContract(of.operator, packedDot);
  const device = await openDevice(gpu);
  if (!device.ok) return device;
  const opened = await compiled(device.value, { source: of.source, contract });
  if (opened.kind !== 'compiled') {
    device.value.destroy();
    return succeed(opened);
  }
  const other = { code: of.source, layout: opened.layout };
  const kernels = new WebGpuKernels(device.value, { gpu, packedDot, other });
  return succeed({ kind: 'open', kernels, timed: kernels, messages: opened.messages });
}

async function openDevice(gpu: GPU): Promise<Outcome<GPUDevice>> {
  try {
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (adapter !== null) return succeed(await adapter.requestDevice());
  } catch {
    // Then there is none that can be used.
  }
  const remedy = 'update the browser and the graphics driver, or try a WASM module';
  return fail(failure('backend_unsupported', `no WebGPU here to try a shader on: ${remedy}`));
}

type Compiled = {
  readonly kind: 'compiled';
  readonly layout: GPUPipelineLayout;
  readonly messages: readonly SourceMessage[];
};

async function compiled(
  device: GPUDevice,
  { source, contract }: { source: string; contract: WgslContract },
): Promise<Compiled | Exclude<OpenedDraft, { kind: 'open' }>> {
  // Its errors are in the compilation's messages; without a scope they would be printed as well.
  device.pushErrorScope('validation');
  const module = device.createShaderModule({ label: 'draft', code: source });
  const [info, invalid] = await Promise.all([module.getCompilationInfo(), device.popErrorScope()]);
  const messages = info.messages.slice(0, DRAFT_MESSAGES_MAX).map(messageOf);
  const isBroken = messages.some(({ type }) => type === 'error');
  if (isBroken) return { kind: 'not-compiled', messages };
  if (invalid !== null) return { kind: 'refused', why: invalid.message };
  const layout = device.createPipelineLayout({ bindGroupLayouts: [bindGroup(device, contract)] });
  for (const entryPoint of contract.entryPoints) {
    try {
      const compute = { module, entryPoint };
      await device.createComputePipelineAsync({ label: 'draft', layout, compute });
    } catch (cause) {
      return { kind: 'refused', why: cause instanceof Error ? cause.message : String(cause) };
    }
  }
  return { kind: 'compiled', layout, messages };
}

/** Stated, not taken from the shader: so a shader may leave a binding unused. */
function bindGroup(device: GPUDevice, { inputs }: WgslContract): GPUBindGroupLayout {
  const storage = Array.from({ length: inputs }, () => 'read-only-storage' as const);
  const types = ['uniform' as const, ...storage, 'storage' as const];
  const entries = types.map((type, binding) => {
    return { binding, visibility: COMPUTE_STAGE, buffer: { type } };
  });
  return device.createBindGroupLayout({ label: 'sizes, inputs, result', entries });
}

function messageOf({ type, lineNum, linePos, length, message }: GPUCompilationMessage) {
  return { type, line: lineNum, column: linePos, length, text: message };
}

/** The shaders travel without indents: this gives them back. */
function indented(source: string): string {
  let depth = 0;
  const lines = source.split('\n').map((line) => {
    const closing = /^[)}\]]+/.exec(line)?.[0].length ?? 0;
    const text = '  '.repeat(Math.max(0, depth - closing)) + line;
    depth += count(line, /[([{]/g) - count(line, /[)\]}]/g);
    return text;
  });
  return `${lines.join('\n')}\n`;
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
