import { describe, expect, it } from 'vitest';
import { ALL_FAULTS } from './faults/fault-kind.ts';
import { faultsText, parseFaults } from './faults/fault-text.ts';
import { replayCommand } from './replay-command.ts';
import { shrink } from './shrink.ts';
import { simulationOptions } from './simulation-options.ts';

describe('shrinking', () => {
  it('comes down to what a failure needs', async () => {
    const found = await shrink(
      simulationOptions({ seed: 7, agents: 20, minutes: 10 }),
      async (of) => {
        const crashes = of.faults.get('crash') ?? 0;
        return of.agents >= 3 && of.minutes >= 1.2 && of.jobs >= 2 && crashes >= 2;
      },
    );
    const needed = { agents: 3, minutes: 1.2, jobs: 2, faults: new Map([['crash', 2]]) };
    expect(found).toMatchObject(needed);
  });

  it('ends where it is told to stop', async () => {
    const options = simulationOptions({ seed: 7 });
    expect(await shrink(options, async () => null)).toBe(options);
  });
});

describe('the command that replays', () => {
  it('names what is not as it would be by itself', () => {
    const short = simulationOptions({ seed: 7, agents: 4, minutes: 2 });
    expect(replayCommand(short)).toBe('npx manyhands simulate --seed 7 --agents 4 --minutes 2');
    const faults = new Map([
      ['loss', Infinity],
      ['crash', 2],
    ] as const);
    expect(replayCommand({ ...short, jobs: 1, faults })).toBe(
      'npx manyhands simulate --seed 7 --agents 4 --minutes 2 --jobs 1 --faults crash:2,loss',
    );
  });

  it.each(['all', 'none', 'crash', 'crash:2,poison'])(
    'reads the faults "%s" as it writes them',
    (text) => {
      const parsed = parseFaults(text);
      expect(parsed.ok && faultsText(parsed.value)).toBe(text);
    },
  );

  it.each(['', 'crash,', 'quake', 'crash:0', 'crash:1.5', 'crash:1:2'])('refuses "%s"', (text) => {
    expect(parseFaults(text)).toMatchObject({ failure: { code: 'config_invalid' } });
  });

  it('takes all faults where none are named', () => {
    expect(simulationOptions({ seed: 1 }).faults).toBe(ALL_FAULTS);
  });
});
