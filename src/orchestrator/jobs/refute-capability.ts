import { laneBytes, type Capability } from '../../domain/capability.ts';
import { failure, type Failure } from '../../domain/failure.ts';
import type { Program, Requirement } from '../../domain/work.ts';

const MIB = 1024 * 1024;

/**
 * Why nobody present could do a stage; null where somebody could, or where nobody is present: the
 * next to come may be able.
 */
export function refuteCapability(
  stage: { readonly requirement: Requirement; readonly program: Program },
  present: readonly Capability[],
): Failure | null {
  if (present.length === 0) return null;
  const { primitives, memoryBytes } = stage.requirement;
  const able = present.filter((capability) => {
    return primitives.every((primitive) => primitive in capability.primitives);
  });
  if (able.length === 0) {
    const nobodys = primitives.filter((one) => present.every((each) => !(one in each.primitives)));
    const named = nobodys.length > 0 ? nobodys : primitives;
    const text = `no agent present can run ${named.join(', ')}`;
    return failure('operator_unsupported', `${text}. Add an agent that can, or change the job.`);
  }
  const largest = Math.max(...able.map(laneBytes));
  if (largest >= memoryBytes) return null;
  const needs = `a task needs ${mib(memoryBytes)} of memory`;
  const text = `${needs}, and no agent present lends more than ${mib(largest)} to one`;
  const remedy = 'Lend more (--memory), use fewer lanes, or choose fewer rows a task';
  return failure('size_unsupported', `${text}. ${remedy}.`);
}

function mib(bytes: number): string {
  return `${Math.ceil(bytes / MIB).toLocaleString('en')} MiB`;
}
