import { describe, expect, it } from 'vitest';
import { platformTurn } from './turn.ts';
import { SimulatedProcess } from './simulated-process.ts';
import { EPOCH_MS, VirtualTime } from './virtual-time.ts';

async function drain(time: VirtualTime): Promise<void> {
  while (await time.next());
}

function begin() {
  const time = new VirtualTime(platformTurn().turn);
  const seen: string[] = [];
  const note = (what: string) => () => void seen.push(`${time.nowMs} ${what}`);
  return { time, seen, note };
}

describe('virtual time', () => {
  it('passes by events alone, and lets promises settle between two', async () => {
    const { time, seen, note } = begin();
    time.after(3_600_000, note('late'));
    time.after(10, () => {
      let chain = Promise.resolve();
      for (let index = 0; index < 100; index++) chain = chain.then(() => undefined);
      void chain.then(note('settled'));
    });
    time.after(10, note('same instant'));
    time.after(20, note('canceled'))();
    await drain(time);
    expect(seen).toEqual(['10 settled', '10 same instant', '3600000 late']);
  });
});

describe('a simulated process', () => {
  it('is silent once it is dead', async () => {
    const { time, seen, note } = begin();
    const process = new SimulatedProcess(time);
    process.after(6, note('alive'));
    process.after(200, () => process.kill());
    process.after(201, note('dead'));
    await drain(time);
    expect(seen).toEqual(['6 alive']);
  });

  it('has a clock that can be set', () => {
    const { time } = begin();
    const process = new SimulatedProcess(time, 1_000);
    process.jump(-5_000);
    expect(process.nowMs()).toBe(EPOCH_MS - 4_000);
  });
});
