import { describe, expect, it } from 'vitest';
import { fuzz, type Target } from './fuzz.ts';
import { fuzzTargets } from './targets.ts';

const INPUTS = 3_000;
const SEED = 20_261_127;

const sample: Target = {
  name: 'sample',
  seeds: [new TextEncoder().encode('one two three')],
  bytesMax: 64,
  decode: (bytes) => `${new TextDecoder().decode(bytes).split(' ').length} words`,
};

function fuzzed(target: Target, inputs = INPUTS) {
  return fuzz(target, { seed: SEED, goesOn: (count) => count < inputs });
}

describe('the fuzzer', () => {
  it('finds what throws, and cuts it down', async () => {
    const decode = (bytes: Uint8Array): string => {
      if (bytes.includes(0x7f)) throw new Error('planted');
      return sample.decode(bytes) as string;
    };
    const { broken } = await fuzzed({ ...sample, decode }, 100_000);
    expect(broken?.why).toContain('planted');
    expect(broken?.input).toEqual(Uint8Array.of(0x7f));
  });

  it('finds what lies behind an answer that was new', async () => {
    // Three steps, of which each is seen only from the one before.
    const decode = (bytes: Uint8Array): string => {
      const steps = [0xff, 0xfb, 0xbf].findIndex((byte, at) => bytes[at] !== byte);
      if (steps === -1) throw new Error('planted deep');
      return 'abc'.slice(0, steps);
    };
    const { broken } = await fuzzed({ ...sample, decode }, 200_000);
    expect(broken?.why).toContain('planted deep');
  });

  it('finds who writes into what was given', async () => {
    const decode = (bytes: Uint8Array): string => `${bytes.fill(0).length}`;
    expect((await fuzzed({ ...sample, decode })).broken?.why).toContain('wrote into its input');
  });

  it('does the same for the same seed', async () => {
    const seen: string[][] = [[], []];
    for (const inputs of seen) {
      const decode = (bytes: Uint8Array): string => {
        inputs.push(Buffer.from(bytes).toString('hex'));
        return '';
      };
      await fuzzed({ ...sample, decode }, 100);
    }
    expect(seen[0]).toEqual(seen[1]);
    expect(new Set(seen[0]).size).toBeGreaterThan(50);
  });
});

describe('decoders of the record', async () => {
  for (const target of await fuzzTargets()) {
    it(`${target.name} keeps its promises`, async () => {
      const { broken, answerCount } = await fuzzed(target);
      expect(broken).toBeNull();
      expect(answerCount, 'different answers').toBeGreaterThan(1);
    });
  }
});
