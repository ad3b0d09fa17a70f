import { assert } from '../../src/domain/assert.ts';
import type { Outcome } from '../../src/domain/outcome.ts';
import { encodeStateProof } from '../../src/execution-machine/index.ts';
import { answerIn, type Json } from '../../src/execution-machine/sdk/ask-json.ts';
import * as answers from '../../src/execution-machine/sdk/network-answers.ts';
import {
  encodeBase64url,
  encodeCanonical,
  type CanonicalValue,
} from '../../src/integrity/index.ts';
import { entryOf, knownSigner, must } from '../../src/ledger/example-log.contract.ts';
import * as ledger from '../../src/ledger/index.ts';
import type { Target } from './fuzz.ts';
import { exampleState, FUNCTION, isSame } from './state-targets.ts';
import { JSON_WORDS, plain } from './target-forms.ts';

const BYTES_MAX = 8_192;
const KEY = 'a';
const STATUSES = [200, 400, 429, 503] as const;
const utf8 = new TextEncoder();

/** What `manyhands/functions` reads of an orchestrator's answers. */
export async function answerTargets(): Promise<readonly Target[]> {
  const log: ledger.NoteSigner = { name: 'log.example', signer: await knownSigner(1) };
  const key = ledger.noteKeyOf(log);
  const entry = await entryOf(await knownSigner(3), 0);
  const state = exampleState();
  const head = { size: 5, root: encodeBase64url(state.root()) };
  const proofOf = (row: string) =>
    encodeBase64url(encodeStateProof(state.prove({ function: FUNCTION, key: row })));
  const about = {
    verifierKey: ledger.formatVerifierKey(key),
    engine: 'e',
    functions: [{ name: 'credits', id: 'f' }],
  };
  return [
    {
      // The first byte says with which status.
      name: 'answer',
      seeds: ['0{}', '1{"code":"job_unknown","message":"no"}', '2{'].map((text) =>
        utf8.encode(text),
      ),
      words: JSON_WORDS,
      bytesMax: BYTES_MAX,
      async decode(bytes) {
        const status = STATUSES[(bytes[0] ?? 0) % STATUSES.length];
        const answer = await answerTo(bytes.subarray(1), status);
        return answer.ok ? 'read' : answer.failure.code;
      },
    },
    reader('about', [about], (json) => answers.aboutIn(json, undefined)),
    reader('written', [{ promise: await promiseOf(log, entry) }], (json) =>
      answers.writtenIn(json, { entry, log: key }),
    ),
    reader(
      'outcome',
      [
        { kind: 'done', cbor: cborOf({ a: 1 }) },
        { kind: 'thrown', detail: 'not enough' },
        { kind: 'other' },
      ],
      answers.outcomeIn,
    ),
    reader(
      'row',
      [
        { ...head, cbor: cborOf(1), proof: proofOf(KEY) },
        { ...head, cbor: null, proof: proofOf('none') },
      ],
      (json) => {
        const row = answers.rowIn(json, { function: FUNCTION, key: KEY });
        const isOurs = row.ok && encodeBase64url(row.value.root) === head.root;
        const kept = state.read({ function: FUNCTION, key: KEY });
        assert(!isOurs || isSame(row.value.value, kept), 'what is proven is what the state has');
        return row;
      },
    ),
    reader('rows', [{ ...head, rows: [{ key: KEY, cbor: cborOf(1) }], next: 'b' }], answers.rowsIn),
  ];
}

/** A reader of a whole answer's JSON. */
function reader(
  name: string,
  seeds: readonly object[],
  read: (json: Json) => Outcome<unknown> | Promise<Outcome<unknown>>,
): Target {
  const bytes = seeds.map((seed) => utf8.encode(JSON.stringify(seed)));
  const decode = async (given: Uint8Array): Promise<Outcome<unknown>> => {
    const json = await answerTo(given);
    return json.ok ? read(json.value) : json;
  };
  return { ...plain(`answer-${name}`, bytes, decode, BYTES_MAX), words: JSON_WORDS };
}

function answerTo(bytes: Uint8Array, status = 200): Promise<Outcome<Json>> {
  const response = new Response(bytes.slice(), { status, headers: { 'retry-after': '3' } });
  return answerIn(response, 'https://orchestrator.example/fn/f');
}

async function promiseOf(log: ledger.NoteSigner, entry: Uint8Array): Promise<string> {
  const decoded = must(ledger.decodeEntry(entry));
  const id = await ledger.entryIdOf(decoded.entry);
  const leaf = await ledger.leafHash(entry);
  const about = { entry: id, leaf, index: 7, byMs: 1_790_000_000_000 };
  return new TextDecoder().decode(await ledger.signPromise(log, about));
}

function cborOf(value: CanonicalValue): string {
  return encodeBase64url(encodeCanonical(value));
}
