import { randomStream } from '../../domain/random.ts';
import { elementBytes, elementCount, type Tensor } from '../../domain/tensor.ts';
import { elementsOf, largestOf, type Elements } from './elements.ts';
import type { Lie, LieName, Telling } from './lie.ts';
import { lowRank } from './low-rank.ts';
import { nudged } from './nudged.ts';
import { rounded } from './rounded.ts';

/** Results of `honest-then-lying` that are right. Count. */
export const HONEST_FIRST = 20;
/** From how many output elements on `big-only` lies. Count. */
export const BIG_ELEMENTS = 4096;

/** How far a wrong number is off: share of the largest number of its tensor. */
const OFF_SHARE = 1 / 16;
/** What `scaled` does to a row. */
const ROW_FACTOR = 1 + 1 / 64;
/** What `zero-tail` drops and `lazy-model` computes: share of the elements, of the rows. */
const TAIL_SHARE = 1 / 8;
const LAZY_SHARE = 1 / 8;

const ALWAYS = { isWrong: true, honestFirst: 0, isShared: false } as const;

/** Every kind of lie, in the order in which canaries tell them. */
export const LIES: Readonly<Record<LieName, Lie>> = {
  'one-element': {
    ...ALWAYS,
    sentence: 'One element of one output is wrong.',
    tell: oneElement,
  },
  'stale-result': {
    ...ALWAYS,
    sentence: 'The first result of its kind again, for every later task.',
    tell: ({ truth, former }) => former && truth.map((tensor, at) => fit(tensor, former[at])),
  },
  'other-task': {
    ...ALWAYS,
    sentence: 'The numbers of the task before, in the shape of this one.',
    tell: ({ truth, other }) => other && truth.map((tensor, at) => fit(tensor, other[at])),
  },
  scaled: {
    ...ALWAYS,
    sentence: 'One row of each output is scaled: by 1/64, integers to twice as much.',
    tell: changing(scaleRow),
  },
  'low-rank': {
    ...ALWAYS,
    sentence: 'Each output is a matrix of rank one or two that is close to the true one.',
    tell: changingTensors((tensor, { random }) => lowRank(tensor, random) ?? tensor),
  },
  'zero-tail': {
    ...ALWAYS,
    sentence: 'The last eighth of each output is zero.',
    tell: changing((elements) => {
      const from = elements.count - Math.ceil(elements.count * TAIL_SHARE);
      for (let index = from; index < elements.count; index++) elements.put(index, 0);
    }),
  },
  'below-tolerance': {
    ...ALWAYS,
    isWrong: false,
    sentence: 'Noise far below the tolerance: not wrong, and not to be caught.',
    tell: ({ truth, work, random }) =>
      truth.map((tensor, output) => nudged(tensor, { work, output, random })),
  },
  'lazy-model': {
    ...ALWAYS,
    sentence: 'The first eighth of the rows is right; all others repeat it.',
    tell: changing((elements) => {
      const computed = Math.ceil(elements.rows * LAZY_SHARE) * elements.columns;
      for (let index = computed; index < elements.count; index++) {
        elements.put(index, elements.at(index % computed));
      }
    }),
  },
  'colluding-pair': {
    ...ALWAYS,
    isShared: true,
    sentence: 'All with one --lie-secret tell the same wrong numbers of the same rows.',
    tell: collude,
  },
  'honest-then-lying': {
    ...ALWAYS,
    honestFirst: HONEST_FIRST,
    sentence: `Right for ${HONEST_FIRST} results (or --lie-after), then one element wrong.`,
    tell: oneElement,
  },
  'big-only': {
    ...ALWAYS,
    sentence: `One element wrong in results of ${BIG_ELEMENTS} elements or more; others right.`,
    tell: (telling) => {
      const elements = telling.truth.reduce((sum, { shape }) => sum + elementCount(shape), 0);
      return elements < BIG_ELEMENTS ? null : oneElement(telling);
    },
  },
  'dtype-rounding': {
    ...ALWAYS,
    sentence: 'Floats are rounded to bfloat16 or half precision; integers lose their low bits.',
    tell: changingTensors((tensor, { random }) => rounded(tensor, random)),
  },
};

function oneElement({ truth, random }: Telling): readonly Tensor[] | null {
  const full = [...truth.keys()].filter((at) => elementCount(truth[at]?.shape ?? []) > 0);
  const chosen = full[random.nextBelow(Math.max(1, full.length))];
  if (chosen === undefined) return null;
  return truth.map((tensor, at) => {
    if (at !== chosen) return tensor;
    const elements = elementsOf(tensor);
    falsify(elements, random.nextBelow(elements.count), largestOf(elements));
    return elements.tensor();
  });
}

/** Puts a plausible number, plainly off, in the place of an element; an integer is off by one. */
function falsify(elements: Elements, index: number, largest: number): void {
  if (!elements.isFloat) return elements.flip(index);
  const value = elements.at(index);
  const off = OFF_SHARE * (largest === 0 ? 1 : largest);
  elements.put(index, Number.isFinite(value) ? value + off : 0);
}

/** The first row from a drawn one on that is not all zero. */
function scaleRow(elements: Elements, { random }: Telling): void {
  const { rows, columns, isFloat } = elements;
  if (rows === 0) return;
  const from = random.nextBelow(rows);
  const factor = isFloat ? ROW_FACTOR : 2;
  for (let step = 0; step < rows; step++) {
    const first = ((from + step) % rows) * columns;
    let hasChanged = false;
    for (let index = first; index < first + columns; index++) {
      const value = elements.at(index);
      elements.put(index, value * factor);
      hasChanged ||= elements.at(index) !== value;
    }
    if (hasChanged) return;
  }
}

/**
 * One element of every row, drawn from secret and row alone: whoever shares the secret tells the
 * same, however the rows are cut into tasks, and up to the rounding of the truth.
 */
function collude({ truth, rows, secret }: Telling): readonly Tensor[] {
  return truth.map((tensor, output) => {
    const elements = elementsOf(tensor);
    const { columns } = elements;
    if (columns === 0) return tensor;
    for (let row = 0; row < elements.rows; row++) {
      const drawn = randomStream(0, `${secret}, output ${output}, row ${rows.start + row}`);
      const index = row * columns + drawn.nextBelow(columns);
      if (!elements.isFloat) elements.flip(index);
      else elements.put(index, (1 + Math.abs(elements.at(index))) * (1 + drawn.nextUnit()));
    }
    return elements.tensor();
  });
}

/** Another tensor's numbers, again from its first where it has too few, as one of this shape. */
function fit(tensor: Tensor, other: Tensor | undefined): Tensor {
  const elements = elementsOf(tensor);
  const source = other === undefined ? elements : elementsOf(other);
  if (source.count === 0) return tensor;
  const isSame = other?.dtype === tensor.dtype;
  if (isSame && elementBytes(tensor.dtype) === 8) return fitBytes(tensor, other);
  for (let index = 0; index < elements.count; index++) {
    const value = source.at(index % source.count);
    elements.put(index, tensor.dtype === 'bool' ? Number(value !== 0) : value);
  }
  return elements.tensor();
}

/** As bytes, where numbers would lose some of 64 bits. */
function fitBytes(tensor: Tensor, other: Tensor): Tensor {
  const bytes = tensor.bytes.map((_, index) => other.bytes[index % other.bytes.length] ?? 0);
  return { ...tensor, bytes };
}

function changing(change: (elements: Elements, telling: Telling) => void): Lie['tell'] {
  return changingTensors((tensor, telling) => {
    const elements = elementsOf(tensor);
    change(elements, telling);
    return elements.tensor();
  });
}

function changingTensors(change: (tensor: Tensor, telling: Telling) => Tensor): Lie['tell'] {
  return (telling) => telling.truth.map((tensor) => change(tensor, telling));
}
