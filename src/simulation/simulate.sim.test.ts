import { describe, expect, it } from 'vitest';
import { FAULT_KINDS } from './faults/fault-kind.ts';
import type { HistoryRecord } from './history.ts';
import { replayCommand } from './replay-command.ts';
import { shrink } from './shrink.ts';
import { simulate } from './simulate.ts';
import { simulationOptions, type SimulationOptions } from './simulation-options.ts';
import { SimulatedDisk } from './system/simulated-disk.ts';

/** What went wrong, each with the command that has it again. */
async function complaintsOf(options: SimulationOptions): Promise<readonly string[]> {
  const { violations } = await simulate(options);
  return violations.map(({ checker, atMs, message }) => {
    return `${checker} at ${atMs} ms: ${message}\n  ${replayCommand(options)}`;
  });
}

const SEEDS_PER_TEST = 30;

describe('a network under every fault', () => {
  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])('keeps its promises: seeds %i * 30 on', async (part) => {
    const complaints: string[] = [];
    for (let seed = part * SEEDS_PER_TEST; seed < (part + 1) * SEEDS_PER_TEST; seed++) {
      complaints.push(...(await complaintsOf(simulationOptions({ seed }))));
    }
    expect(complaints).toEqual([]);
  });

  it.each([[1], [2], [3], [40]])('keeps them with %i agents too', async (agents) => {
    const complaints: string[] = [];
    for (let seed = 1; seed <= 5; seed++) {
      complaints.push(...(await complaintsOf(simulationOptions({ seed, agents, minutes: 2 }))));
    }
    expect(complaints).toEqual([]);
  });
});

describe('a simulation', () => {
  it('has the same history again under the same options', async () => {
    const options = simulationOptions({ seed: 42, minutes: 1 });
    const histories = await Promise.all([historyOf(options), historyOf(options)]);
    expect(histories[0]).toEqual(histories[1]);
  });

  // Kept, so that a change of the history is noticed: another browser must come to it as well.
  it('has another history under another seed', async () => {
    const hashes = await Promise.all(
      [1, 2, 3].map(
        async (seed) => (await simulate(simulationOptions({ seed, minutes: 0.5 }))).hash,
      ),
    );
    expect(new Set(hashes).size).toBe(3);
  });

  it.each(FAULT_KINDS)('can have "%s" alone, and has it', async (kind) => {
    const faults = new Map([[kind, Infinity]]);
    const options = simulationOptions({ seed: 9, minutes: 4, faults });
    const { records } = await historyOf(options);
    expect(records.some((record) => tellsOf(record, kind))).toBe(true);
    expect(await complaintsOf(options)).toEqual([]);
  });

  it('that fails shrinks to what the failure needs', async () => {
    const failing = simulationOptions({ seed: 3, minutes: 2 });
    const fails = async (options: SimulationOptions): Promise<boolean> => {
      const sabotage = { disk: new SimulatedDisk({ forgets: 3 }) };
      const { violations } = await simulate(options, { sabotage });
      return violations.some(({ checker }) => checker === 'nothing-lost');
    };
    expect(await fails(failing)).toBe(true);
    const found = await shrink(failing, fails);
    expect(await fails(found)).toBe(true);
    expect(found.faults).toEqual(new Map([['crash', 1]]));
    expect(found.agents).toBeLessThan(failing.agents);
    expect(found.jobs).toBeLessThan(failing.jobs);
  });

  it('stops where it is told to', async () => {
    const stop = new AbortController();
    stop.abort();
    const stopped = await simulate(simulationOptions({ seed: 1 }), { signal: stop.signal });
    expect(stopped).toMatchObject({ isInterrupted: true, violations: [] });
  });
});

async function historyOf(options: SimulationOptions) {
  const records: HistoryRecord[] = [];
  const { hash } = await simulate(options, { onRecord: (record) => void records.push(record) });
  return { records, hash };
}

function tellsOf(record: HistoryRecord, kind: string): boolean {
  if (kind === 'liar') return record.kind === 'lied';
  if (kind === 'poison') return record.kind === 'job-planned' && record.isPoisoned;
  return record.kind === 'fault' && record.fault === kind;
}
