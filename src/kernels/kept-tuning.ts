import { ADAPTER_CHARS_MAX, TUNING_RECORD_CHARS_MAX } from '../domain/limits.ts';
import { KERNEL_BUILD } from './gen/build.ts';
import { hasSubgroups } from './gpu-device.ts';
import {
  PRODUCT_FORMS,
  takingHalves,
  TUNED_OPERATORS,
  variantsOf,
  type ProductChoice,
  type ProductForm,
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
  const wanted = { key: keyOf(of, device), hasSubgroups: hasSubgroups(device) };
  const { key } = wanted;
  const text = await of.store.read(key).catch(() => null);
  const kept = text === null ? null : parseTuning(text, wanted);
  if (kept !== null) return kept;
  const tuning = await tuneProducts(device, of);
  // Nothing is kept of a device that was lost meanwhile.
  if (tuning.source === 'timed') {
    await of.store.write(key, tuningText(tuning, key)).catch(() => undefined);
  }
  return tuning;
}

function keyOf({ adapter, packedDot }: Tuned, device: GPUDevice): string {
  const has = [packedDot ? 'packed' : 'plain', ...(hasSubgroups(device) ? ['subgroups'] : [])];
  const words = [adapter.vendor, adapter.architecture, adapter.device, adapter.description, ...has];
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
export function parseTuning(
  text: string,
  of: { readonly key: string; readonly hasSubgroups: boolean },
): ProductTuning | null {
  if (text.length > TUNING_RECORD_CHARS_MAX) return null;
  const record = parsed(text);
  if (!isRecord(record) || record['build'] !== KERNEL_BUILD || record['key'] !== of.key)
    return null;
  const { untimed, variants } = record;
  if (typeof untimed !== 'number' || !Number.isSafeInteger(untimed) || untimed < 0) return null;
  if (!isRecord(variants)) return null;
  const choiceOf = (operator: TunedOperator) => choiceIn(variants, { ...of, operator });
  const [matmul, qmatmul] = [choiceOf('matmul'), choiceOf('qmatmul')];
  if (matmul === null || qmatmul === null) return null;
  return { choices: { matmul, qmatmul }, source: 'kept', untimed };
}

function choiceIn(
  variants: Readonly<Record<string, unknown>>,
  of: { readonly operator: TunedOperator; readonly hasSubgroups: boolean },
): ProductChoice | null {
  const names = variants[of.operator];
  if (!isRecord(names)) return null;
  const named = (form: ProductForm) => {
    const plain = variantsOf({ ...of, form });
    const all = of.operator === 'matmul' ? [...plain, ...plain.map(takingHalves)] : plain;
    return all.find(({ name }) => name === names[form]);
  };
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
