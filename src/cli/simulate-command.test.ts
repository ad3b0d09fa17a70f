import { describe, expect, it } from 'vitest';
import { FAULT_KINDS } from '../simulation/index.ts';
import { runCommand } from './run-command.ts';
import { openTerminal } from './terminal.ts';

async function run(args: readonly string[], signal = new AbortController().signal) {
  let [stdout, stderr] = ['', ''];
  const terminal = openTerminal({
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
  });
  const pauseSwitch = () => () => undefined;
  const given = { terminal, signal, environment: {}, pauseSwitch };
  const code = await runCommand(['simulate', ...args], given);
  return { code, stdout, stderr };
}

const SMALL = ['--agents', '3', '--minutes', '0.5', '--jobs', '2'];

describe('simulate', () => {
  it('tells of a seed in one line, the same each time but for the time it took', async () => {
    const [first, second] = [
      await run(['--seed', '7', ...SMALL]),
      await run(['--seed', '7', ...SMALL]),
    ];
    expect(first.code).toBe(0);
    expect(first.stdout).toMatch(
      /^seed 7 {2}ok {6}hash [0-9a-f]{16} {2}3 agents, 2 jobs, \d:\d\d virtual/,
    );
    const timeless = (text: string): string => text.replace(/ in [\d.]+ s/, '');
    expect(timeless(second.stdout)).toBe(timeless(first.stdout));
  });

  it('runs many seeds, one line each, and sums up', async () => {
    const { code, stdout, stderr } = await run(['--seeds', '1..3', ...SMALL]);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.slice(0, 6)),
    ).toEqual(['seed 1', 'seed 2', 'seed 3']);
    expect(stderr).toMatch(/^3 seeds, all ok \([\d.]+ seeds a second\)/);
    expect(code).toBe(0);
  });

  it('writes JSON with the command that replays it', async () => {
    const { stdout } = await run(['--seed', '7', '--json', ...SMALL, '--faults', 'crash:1,loss']);
    expect(JSON.parse(stdout)).toMatchObject({
      seed: 7,
      ok: true,
      violations: [],
      replay:
        'npx manyhands simulate --seed 7 --agents 3 --minutes 0.5 --jobs 2 --faults crash:1,loss',
    });
  });

  it('ends as interrupted when it is stopped', async () => {
    const stop = new AbortController();
    stop.abort();
    const { code } = await run(['--seed', '7', '--agents', '20'], stop.signal);
    expect(code).toBe(130);
  });

  it('names every fault in its help', async () => {
    const { stdout } = await run(['--help']);
    for (const kind of FAULT_KINDS) expect(stdout).toContain(kind);
  });

  it.each([
    [['--seed', '-1'], /--seed -1 is not a whole number from 0 to 4294967295/],
    [['--seed', '1', '--seeds', '1..2'], /--seed or --seeds, not both/],
    [['--seeds', '2..1'], /--seeds 2..1 is not two seeds/],
    [['--agents', '0'], /--agents 0 is not a whole number from 1 to 2000/],
    [['--minutes', '0'], /--minutes 0 is not a number from 0.1 to 1440/],
    [['--jobs', 'many'], /--jobs many is not/],
    [['--faults', 'quake'], /"quake" is no fault. Choose all, none, or some of: crash/],
  ])('%j exits with 2 and says what is allowed', async (args, message) => {
    const { code, stderr } = await run(args);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });
});
