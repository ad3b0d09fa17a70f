import { failure } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';

/** The way to WebGPU adapters. Errors: backend_unsupported. */
export async function gpuHere(gpu: () => Promise<GPU | null>): Promise<Outcome<GPU>> {
  const found = await gpu();
  if (found !== null) return succeed(found);
  const remedy = 'use a browser with WebGPU, or install the package webgpu and a driver';
  return fail(failure('backend_unsupported', `there is no WebGPU here: ${remedy}`));
}
