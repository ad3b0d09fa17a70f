import { describe, expect, it } from 'vitest';
import { OPERATORS } from '../domain/operator.ts';
import { trialSizes } from '../kernels/index.ts';
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
  const code = await runCommand(['kernels', ...args], given);
  return { code, lines: stdout.trim().split('\n'), stderr };
}

describe('kernels test', () => {
  it('finds every operator right on WASM, a line each', async () => {
    const { code, lines } = await run(['test', '--backend', 'wasm']);
    expect(lines.map((line) => line.slice(0, 14))).toEqual(OPERATORS.map(() => 'right  wasm   '));
    expect(lines.map((line) => line.split(/ +/)[2])).toEqual([...OPERATORS]);
    expect(code).toBe(0);
  });

  it('writes JSON of the operators that are asked for', async () => {
    const args = ['test', '--backend', 'wasm', '--json', '--operator', 'tanh', '--operator', 'add'];
    const { lines } = await run(args);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { primitive: 'add', backend: 'wasm', passed: true },
      { primitive: 'tanh', backend: 'wasm', passed: true },
    ]);
  });
});

describe('kernels bench', () => {
  it('has a line for each size, and says that the result is right', async () => {
    const { code, lines } = await run(['bench', '--backend', 'wasm', '--operator', 'relu']);
    expect(lines[0]).toMatch(/^BACKEND +OPERATOR +SIZE +MS +GOP\/S +GB\/S +RIGHT$/);
    const sizes = trialSizes('relu').map((size) => size.join(' x '));
    expect(lines.slice(1).map((line) => line.split(/ {2,}/)[2])).toEqual(sizes);
    for (const line of lines.slice(1)) expect(line).toMatch(/yes, exactly$/);
    expect(code).toBe(0);
  });

  it('stops at once where it is told to', async () => {
    const args = ['bench', '--backend', 'wasm', '--operator', 'relu'];
    expect(await run(args, AbortSignal.abort())).toMatchObject({ code: 130 });
  });
});

describe('arguments of kernels', () => {
  it.each([
    [['test', '--operator', 'tan'], 'there is no operator "tan": the operators are matmul'],
    [['bench', '--backend', 'cuda'], 'Allowed choices are wasm, webgpu'],
  ])('that are wrong are refused with what is right: %j', async (args, words) => {
    const { code, stderr } = await run(args);
    expect(stderr).toContain(words);
    expect(code).toBe(2);
  });
});
