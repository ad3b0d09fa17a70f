import type { OperatorName } from '../domain/operator.ts';
import type { OperatorDefinition } from './operator-definition.ts';
import { ARGMAX } from './argmax/argmax.ts';
import { ATTENTION } from './attention/attention.ts';
import { GATHER } from './gather/gather.ts';
import { LAYER_NORM } from './layer-norm/layer-norm.ts';
import { QLINEAR } from './qlinear/qlinear.ts';
import { RMS_NORM } from './rms-norm/rms-norm.ts';
import { ROTARY } from './rotary/rotary.ts';
import { SOFTMAX } from './softmax/softmax.ts';
import { TOP_K } from './top-k/top-k.ts';

/** Operators that are a folder each; docs/kernels.md says how to add one. */
const DEFINITIONS = {
  softmax: SOFTMAX,
  'layer-norm': LAYER_NORM,
  'rms-norm': RMS_NORM,
  argmax: ARGMAX,
  gather: GATHER,
  rotary: ROTARY,
  attention: ATTENTION,
  'top-k': TOP_K,
  qlinear: QLINEAR,
} as const satisfies Partial<Record<OperatorName, OperatorDefinition>>;

export type DefinedOperator = keyof typeof DEFINITIONS;

/** Whether an operator has a definition; those without one are known by name where it matters. */
export function isDefined(operator: OperatorName): operator is DefinedOperator {
  return operator in DEFINITIONS;
}

/** The definition of an operator that has one. */
export function definitionOf(operator: DefinedOperator): OperatorDefinition {
  return DEFINITIONS[operator];
}
