import { AUTOTUNE_MS_MAX } from '../domain/limits.ts';
import { fastestVariant } from './fastest-variant.ts';
import { hasSubgroups } from './gpu-device.ts';
import {
  FIRST_CHOICES,
  PRODUCT_FORMS,
  takingHalves,
  TUNED_OPERATORS,
  variantsOf,
  type ProductChoices,
} from './product-variant.ts';
import { trialOperations } from './product-trial.ts';

/** How products are cut on a device, and how that was found. */
export type ProductTuning = {
  readonly choices: ProductChoices;
  /** Timed now; timed before, and kept; or nothing was. */
  readonly source: 'timed' | 'kept' | 'untimed';
  /** Forms of operators that could not be timed, and have their first variant. Count. */
  readonly untimed: number;
};

/**
 * Times the variants of products on a GPU, and tells which is fastest for each operator and form.
 *
 * It ends after `forMs`, whatever the GPU is doing, with what it knew by then. No variant changes an
 * exact result: one whose sums of whole numbers differ from the first one's in a bit is not taken, as
 * one that does not compile. With the device lost, all are the first.
 */
export async function tuneProducts(
  device: GPUDevice,
  of: { readonly packedDot: boolean; readonly forMs?: number },
): Promise<ProductTuning> {
  const { packedDot, forMs = AUTOTUNE_MS_MAX } = of;
  const endsAtMs = performance.now() + forMs;
  const found = { matmul: { ...FIRST_CHOICES.matmul }, qmatmul: { ...FIRST_CHOICES.qmatmul } };
  let [isOver, timed] = [false, 0];
  const timeAll = async (): Promise<void> => {
    const msPerOperation = { matmul: 0, qmatmul: 0 };
    for (const { operator, form } of FORMS) {
      const nowMs = performance.now();
      const shareMs = (endsAtMs - nowMs) / 2;
      // One run would outlast the time of all variants: so slow a GPU keeps the first one.
      if (msPerOperation[operator] * trialOperations(form) > shareMs) continue;
      const isLate = (): boolean => isOver || performance.now() > nowMs + shareMs;
      const variants = variantsOf({ operator, form, hasSubgroups: hasSubgroups(device) });
      const trial = { operator, form, packedDot, isLate };
      const fastest = await fastestVariant(device, { ...trial, variants, what: 'dispatches' });
      if (isOver) return;
      if (fastest === null) {
        if (isLate()) msPerOperation[operator] = Infinity;
        continue;
      }
      msPerOperation[operator] = fastest.ms / trialOperations(form);
      found[operator] = { ...found[operator], [form]: fastest.variant };
      timed++;
      if (operator !== 'matmul' || isLate()) continue;
      const both = [fastest.variant, takingHalves(fastest.variant)];
      const whole = await fastestVariant(device, { ...trial, variants: both, what: 'calls' });
      if (!isOver && whole !== null) found.matmul = { ...found.matmul, [form]: whole.variant };
    }
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), forMs);
  });
  const lost = device.lost.then(() => 'lost' as const);
  const end = await Promise.race([lost, timeAll(), timeout]);
  isOver = true;
  clearTimeout(timer);
  if (end === 'lost') return UNTIMED;
  return { choices: found, source: 'timed', untimed: FORMS.length - timed };
}

/** As decoding needs them first: rows of bytes, then of floats. */
const FORMS = PRODUCT_FORMS.flatMap((form) =>
  TUNED_OPERATORS.toReversed().map((operator) => ({ operator, form })),
);

/** Nothing was timed: of every form the first variant. */
export const UNTIMED: ProductTuning = {
  choices: FIRST_CHOICES,
  source: 'untimed',
  untimed: FORMS.length,
};

/** What a tuning chose, for people. */
export function tuningWords({ choices, source, untimed }: ProductTuning): readonly string[] {
  if (source === 'untimed') return ['products are not tuned'];
  const when = source === 'kept' ? 'as timed before' : 'timed now';
  const but = `; ${untimed} of ${FORMS.length} forms could not be timed`;
  const lines = FORMS.map(({ operator, form }) => {
    return `${form} ${operator}: ${choices[operator][form].name}`;
  });
  return [`products are tuned, ${when}${untimed === 0 ? '' : but}`, ...lines];
}
