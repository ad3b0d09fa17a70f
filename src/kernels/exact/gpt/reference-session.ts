import { succeed, type Outcome } from '../../../domain/outcome.ts';
import { attentionReference } from '../attention/attention-reference.ts';
import { rotateReference, valueReference } from '../attention/rotate-reference.ts';
import { clamp } from '../fixed-point.ts';
import { normReference } from '../norm/norm-reference.ts';
import { productReference } from '../product/product-reference.ts';
import { checkedGpt, checkedTokens } from './check-gpt.ts';
import { embed } from './embed.ts';
import type { GptSession } from './gpt-session.ts';
import { headSize, RESIDUAL_MAX, type ExactGpt, type ExactLayer } from './gpt.ts';

/**
 * Opens the plain TypeScript that says what an exact GPT computes: slow, token by token.
 *
 * Errors: as of `checkedGpt`.
 */
export function openReferenceGpt(gpt: ExactGpt): Outcome<GptSession> {
  const checked = checkedGpt(gpt);
  return checked.ok ? succeed(new ReferenceGpt(checked.value)) : checked;
}

/** What a layer remembers of each token: its key and value, by head. */
type Memory = { readonly keys: number[][][]; readonly values: number[][][] };

class ReferenceGpt implements GptSession {
  readonly #gpt: ExactGpt;
  #length = 0;
  #memories: readonly Memory[] = [];

  constructor(gpt: ExactGpt) {
    this.#gpt = gpt;
    this.restart();
  }

  get length(): number {
    return this.#length;
  }

  restart(): void {
    const heads = (): number[][][] => Array.from({ length: this.#gpt.config.heads }, () => []);
    this.#length = 0;
    this.#memories = this.#gpt.layers.map(() => ({ keys: heads(), values: heads() }));
  }

  close(): void {
    this.restart();
  }

  async forward(tokens: readonly number[]): Promise<Outcome<Int32Array>> {
    const checked = checkedTokens(tokens, { config: this.#gpt.config, length: this.#length });
    if (!checked.ok) return checked;
    const { vocabulary } = this.#gpt.config;
    const logits = new Int32Array(tokens.length * vocabulary);
    for (const [index, token] of tokens.entries()) {
      logits.set(this.#logitsOf(token), index * vocabulary);
    }
    return succeed(logits);
  }

  #logitsOf(token: number): Int32Array {
    const { layers, finalNorm, unembedding } = this.#gpt;
    let residual: Int32Array = new Int32Array(this.#gpt.config.width);
    embed(this.#gpt, token, residual);
    for (const [index, layer] of layers.entries()) {
      const memory = this.#memories[index];
      if (memory) residual = added(residual, this.#attended({ layer, memory, residual }));
      const up = productReference(normReference(residual, layer.perceptronNorm), layer.up);
      residual = added(residual, productReference(activated(up, layer), layer.down));
    }
    this.#length += 1;
    return productReference(normReference(residual, finalNorm), unembedding);
  }

  #attended(of: { layer: ExactLayer; memory: Memory; residual: Int32Array }): Int32Array {
    const { layer, memory } = of;
    const { config, rotary } = this.#gpt;
    const size = headSize(config);
    const normal = normReference(of.residual, layer.attentionNorm);
    const all = Array.from(productReference(normal, layer.queryKeyValue), (value) =>
      clamp(value, { low: -32_767, high: 32_767 }),
    );
    const angles = [(this.#length * size) / 2, ((this.#length + 1) * size) / 2] as const;
    const cosines = rotary.cosines.subarray(...angles);
    const sines = rotary.sines.subarray(...angles);
    const attended = memory.keys.flatMap((keys, head) => {
      const [query = [], key = [], value = []] = [0, 1, 2].map((part) =>
        all.slice(part * config.width + head * size, part * config.width + (head + 1) * size),
      );
      const values = memory.values[head] ?? [];
      keys.push(rotateReference(key, { kind: 'key', cosines, sines }));
      values.push(valueReference(value));
      const turned = rotateReference(query, { kind: 'query', cosines, sines });
      return attentionReference({ ...layer, query: turned, keys, values });
    });
    return productReference(Uint8Array.from(attended), layer.projection);
  }
}

function activated(values: Int32Array, { activation }: ExactLayer): Uint8Array {
  const index = (value: number): number => clamp(value, { low: -128, high: 127 }) + 128;
  return Uint8Array.from(values, (value) => activation[index(value)] ?? 0);
}

function added(residual: Int32Array, change: Int32Array): Int32Array {
  const range = { low: -RESIDUAL_MAX, high: RESIDUAL_MAX };
  return residual.map((value, index) => clamp(value + (change[index] ?? 0), range));
}
