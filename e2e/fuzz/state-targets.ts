import { assert } from '../../src/domain/assert.ts';
import {
  dataFromJson,
  dataToJson,
  decodeStateProof,
  encodeStateProof,
  MachineState,
  textOfData,
  verifyState,
} from '../../src/execution-machine/index.ts';
import {
  decodeCanonical,
  encodeCanonical,
  equalBytes,
  type CanonicalValue,
} from '../../src/integrity/index.ts';
import type { Target } from './fuzz.ts';
import { exact, JSON_WORDS } from './target-forms.ts';

const ROWS: Readonly<Record<string, CanonicalValue>> = {
  a: 1,
  b: { list: [null, true, 'text'] },
  c: new Uint8Array([1, 2]),
  d: { '\0': 'as bytes are tagged' },
};
/** The id of the function whose rows these are. */
export const FUNCTION = 'counter';
const BYTES_MAX = 8_192;
const utf8 = new TextEncoder();

/** The decoders of state: what proves it, and what it is kept as. */
export function stateTargets(): readonly Target[] {
  const state = exampleState();
  const root = state.root();
  const proofs = [...Object.keys(ROWS), 'none', ''].map((key) =>
    encodeStateProof(state.prove({ function: FUNCTION, key })),
  );
  const claims = Object.entries(ROWS).map(([key, value]) => {
    const proof = encodeStateProof(state.prove({ function: FUNCTION, key }));
    return encodeCanonical([key, [value], proof]);
  });
  return [
    exact('state-proof', proofs, {
      bytesMax: BYTES_MAX,
      read: decodeStateProof,
      write: encodeStateProof,
    }),
    {
      // [key, [value] or [], proof]: whatever is proven is so.
      name: 'state-claim',
      seeds: [...claims, encodeCanonical(['none', [], proofs.at(-2) ?? null])],
      bytesMax: BYTES_MAX,
      decode(bytes) {
        const claim = claimIn(bytes);
        if (claim === null) return 'no claim';
        const proof = decodeStateProof(claim.proof);
        const said = proof.ok
          ? verifyState(root, { function: FUNCTION, ...claim }, proof.value)
          : proof;
        if (!said.ok) return said.failure.message;
        const kept = state.read({ function: FUNCTION, key: claim.key });
        assert(isSame(kept, claim.value), 'what is proven is what the state has');
        return kept === undefined ? 'proven absent' : 'proven';
      },
    },
    exact('machine-snapshot', [new MachineState().snapshot(), state.snapshot()], {
      bytesMax: BYTES_MAX,
      read: MachineState.restore,
      write: (restored) => restored.snapshot(),
    }),
    {
      name: 'data-json',
      words: JSON_WORDS,
      seeds: Object.values(ROWS).map((value) => utf8.encode(JSON.stringify(dataToJson(value)))),
      bytesMax: BYTES_MAX,
      decode(bytes) {
        const json = jsonIn(bytes);
        const data = json === undefined ? undefined : dataFromJson(json);
        if (data === undefined) return 'no data';
        const again = dataFromJson(dataToJson(data));
        assert(again !== undefined && isSame(again, data), 'data are the same as JSON');
        return data instanceof Uint8Array ? 'bytes' : typeof data;
      },
    },
  ];
}

/** What is claimed in bytes; null where nothing is. */
function claimIn(bytes: Uint8Array) {
  const decoded = decodeCanonical(bytes);
  if (!decoded.ok || !Array.isArray(decoded.value)) return null;
  const [key, values, proof] = decoded.value as readonly CanonicalValue[];
  if (typeof key !== 'string' || !Array.isArray(values)) return null;
  if (!(proof instanceof Uint8Array)) return null;
  const [value] = values as readonly CanonicalValue[];
  return { key, value, proof };
}

function jsonIn(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/** A state with rows of each kind, and anchors. */
export function exampleState(): MachineState {
  const state = new MachineState();
  state.addTable(FUNCTION);
  for (const [key, value] of Object.entries(ROWS)) {
    state.write({ id: FUNCTION, key, text: textOfData(value) });
  }
  state.setBytes(FUNCTION, 40);
  const entry = { caller: 'ann', function: FUNCTION, body: 1, index: 0, atMs: 0 };
  for (const anchor of ['one', 'two']) state.isFirst({ ...entry, anchor });
  state.advanceTo(4);
  return state;
}

/** Whether two values, or none, have the same encoding. */
export function isSame(
  one: CanonicalValue | undefined,
  other: CanonicalValue | undefined,
): boolean {
  if (one === undefined || other === undefined) return one === other;
  return equalBytes(encodeCanonical(one), encodeCanonical(other));
}
