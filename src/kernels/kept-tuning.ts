import { ADAPTER_CHARS_MAX, TUNING_RECORD_CHARS_MAX } from '../domain/limits.ts';
import { KERNEL_BUILD } from './gen/build.ts';
import {
  PRODUCT_FORMS,
  PRODUCT_VARIANTS,
  TUNED_OPERATORS,
  type ProductChoice,
  type TunedOperator,
} from './product-variant.ts';
import { tuneProducts, type ProductTuning } from './tune-products.ts';

/** Where a device keeps texts by which it need not be tuned again; both may reject. */
export type TuningStore = {
  read(key: string): Promise<string | null>;
  write(key: string, text: string): Promise<void>;
};

type Tuned = {
  readonly adapter: Pick<GPUAdapterInfo, 'vendor' | 'architecture' | 'device' | 'description'>;
  readonly packedDot: boolean;
  readonly store: TuningStore;
};

/**
 * How products are cut on this device: as it was found before with these kernels, or by timing now.
 *
 * What is kept is no more than a wish: a damaged record, or one of another GPU or build, is ignored,
 * and no record changes a result. A store that fails keeps nothing.
 */
export async function keptTuning(device: GPUDevice, of: Tuned): Promise<ProductTuning> {
  const key = keyOf(of);
  const text = await of.store.read(key).catch(() => null);
  const kept = text === null ? null : parseTuning(text, key);
  if (kept !== null) return kept;
  const tuning = await tuneProducts(device, of);
  // Nothing is kept of a device that was lost meanwhile.
  if (tuning.source === 'timed') {
    await of.store.write(key, tuningText(tuning, key)).catch(() => undefined);
  }
  return tuning;
}

function keyOf({ adapter, packedDot }: Tuned): string {
  const { vendor, architecture, device, description } = adapter;
  const words = [vendor, architecture, device, description, packedDot ? 'packed' : 'plain'];
  return words.map((word) => word.slice(0, ADAPTER_CHARS_MAX)).join('/');
}

/** The record of a tuning under a key, as `parseTuning` reads it. */
export function tuningText({ choices, untimed }: ProductTuning, key: string): string {
  const namesOf = (choice: ProductChoice) => PRODUCT_FORMS.map((form) => [form, choice[form].name]);
  const variants = Object.fromEntries(
    TUNED_OPERATORS.map((operator) => [operator, Object.fromEntries(namesOf(choices[operator]))]),
  );
  return JSON.stringify({ build: KERNEL_BUILD, key, untimed, variants });
}

/** What a record says, whoever wrote it; null where it is not of these kernels on this device. */
export function parseTuning(text: string, key: string): ProductTuning | null {
  if (text.length > TUNING_RECORD_CHARS_MAX) return null;
  const record = parsed(text);
  if (!isRecord(record) || record['build'] !== KERNEL_BUILD || record['key'] !== key) return null;
  const { untimed, variants } = record;
  if (typeof untimed !== 'number' || !Number.isSafeInteger(untimed) || untimed < 0) return null;
  if (!isRecord(variants)) return null;
  const [matmul, qmatmul] = [choiceIn(variants, 'matmul'), choiceIn(variants, 'qmatmul')];
  if (matmul === null || qmatmul === null) return null;
  return { choices: { matmul, qmatmul }, source: 'kept', untimed };
}

function choiceIn(
  variants: Readonly<Record<string, unknown>>,
  operator: TunedOperator,
): ProductChoice | null {
  const names = variants[operator];
  if (!isRecord(names)) return null;
  const named = (form: keyof ProductChoice) =>
    PRODUCT_VARIANTS[form].find(({ name }) => name === names[form]);
  const [thin, small, large] = [named('thin'), named('small'), named('large')];
  return thin && small && large ? { thin, small, large } : null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
