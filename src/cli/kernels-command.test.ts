import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { OPERATORS } from '../domain/operator.ts';
import { trialSizes } from '../kernels/index.ts';
import { openSoftwareGpu } from '../kernels/software-gpu.contract.ts';
// Only tests compile drafts.
import { compiledDraft, RELU_DRAFT } from '../kernels/workshop/compiled-draft.contract.ts';
import { runCommand } from './run-command.ts';
import { openTerminal } from './terminal.ts';

const gpu = await openSoftwareGpu();

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

  it('has products computed by several threads', async () => {
    const args = ['bench', '--backend', 'wasm', '--operator', 'qmatmul', '--threads', '2'];
    const { code, lines } = await run(args);
    expect(lines).toHaveLength(1 + trialSizes('qmatmul').length);
    for (const line of lines.slice(1)) expect(line).toMatch(/^wasm .*yes, exactly$/);
    expect(code).toBe(0);
  });

  it.each(['0', '65', '1.5', 'two'])('refuses %s threads', async (count) => {
    const { code, stderr } = await run(['bench', '--threads', count]);
    expect(stderr).toContain('Give a whole number from 1 to 64.');
    expect(code).toBe(2);
  });

  it('stops at once where it is told to', async () => {
    const args = ['bench', '--backend', 'wasm', '--operator', 'relu'];
    expect(await run(args, AbortSignal.abort())).toMatchObject({ code: 130 });
  });
});

describe('a kernel of somebody else', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'manyhands-draft-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const write = (name: string, contents: string | Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, contents);
    return path;
  };

  it.skipIf(!gpu)('in WGSL begins with the network’s own, which is right', async () => {
    const { lines } = await run(['source', '--operator', 'softmax']);
    const file = write('own.wgsl', lines.join('\n'));
    const { code, lines: said } = await run(['test', '--operator', 'softmax', '--wgsl', file]);
    expect(said).toEqual([expect.stringMatching(/^right  own\.wgsl as softmax  22 vectors, /)]);
    expect(code).toBe(0);
  });

  it.skipIf(!gpu)('in WGSL that does not compile is told at its line', async () => {
    const file = write('broken.wgsl', 'fn main() {\n  let a = ;\n}');
    const { code, lines } = await run(['test', '--operator', 'softmax', '--wgsl', file]);
    expect(lines[0]).toBe('DOES NOT COMPILE  broken.wgsl as softmax');
    expect(lines[1]).toMatch(/^broken\.wgsl:2:11: error: /);
    expect(code).toBe(1);
  });

  it('in WASM that is right is timed at each size', async () => {
    const file = write('right.wasm', await compiledDraft(RELU_DRAFT));
    const { code, lines } = await run(['bench', '--operator', 'relu', '--wasm', file]);
    expect(lines[0]).toMatch(/^right  right\.wasm as relu  \d+ vectors, /);
    expect(lines.slice(2).every((line) => line.endsWith('yes, exactly'))).toBe(true);
    expect(lines.length).toBe(2 + trialSizes('relu').length);
    expect(code).toBe(0);
  });

  it('in WASM that is wrong is told on which vectors, and the worst element', async () => {
    const source = RELU_DRAFT.replace('x < 0 ? 0 : x', 'x + 1');
    const file = write('wrong.wasm', await compiledDraft(source));
    const { code, lines } = await run(['test', '--operator', 'relu', '--wasm', file]);
    expect(lines[0]).toBe('WRONG  wrong.wasm as relu');
    const words = /^  WRONG   .+: \d+ of \d+ elements.*; the worst \[.*\] is .+, not .+ \+- 0$/;
    expect(lines.some((line) => words.test(line))).toBe(true);
    expect(code).toBe(1);
  });

  it('that is no module is refused, as JSON where that is asked for', async () => {
    const file = write('no.wasm', 'not a module');
    const { code, lines } = await run(['test', '--operator', 'relu', '--wasm', file, '--json']);
    const refused = { kind: 'refused', operator: 'relu', file: 'no.wasm' };
    expect(JSON.parse(lines[0] ?? '')).toMatchObject(refused);
    expect(code).toBe(1);
  });

  it('that never ends is ended after the limit', async () => {
    const loop = 'let count = 1; while (load<i32>(sizes) >= 0) { count = count * 3 + 1; }';
    const file = write(
      'endless.wasm',
      await compiledDraft(RELU_DRAFT.replace('let count = 1;', loop)),
    );
    const args = ['test', '--operator', 'relu', '--wasm', file, '--limit', '3'];
    const { code, lines } = await run(args);
    expect(lines[1]).toMatch(/no end within 3 s: look for a loop/);
    expect(code).toBe(1);
  });

  it('stops at once where it is told to', async () => {
    const file = write('stopped.wasm', await compiledDraft(RELU_DRAFT));
    const args = ['test', '--operator', 'relu', '--wasm', file];
    expect(await run(args, AbortSignal.abort())).toMatchObject({ code: 130 });
  });

  it.each([
    [['test', '--wgsl', 'x.wgsl'], 2, 'name it with --operator'],
    [['test', '--wgsl', 'x', '--wasm', 'x', '--operator', 'relu'], 2, 'give --wgsl or --wasm'],
    [['test', '--wgsl', 'x', '--backend', 'wasm', '--operator', 'relu'], 2, 'leave --backend out'],
    [['test', '--wasm', '/no/such', '--operator', 'relu'], 1, 'there is no such file'],
    [['test', '--limit', '0'], 2, 'whole number from 1'],
    [['source', '--operator', 'tan'], 2, 'there is no operator "tan"'],
    [['trace', '/no/such.onnx'], 1, 'there is no such file'],
    [['trace', 'x', '--dimension', 'batch'], 2, '--dimension batch=4'],
    [['trace', 'x', '--dimension', 'batch=-1'], 2, '--dimension batch=4'],
    [['trace', 'x', '--backend', 'webgpu'], 2, 'Allowed choices are native, wasm'],
  ])('named wrongly is refused with the remedy: %j', async (args, exitCode, words) => {
    const { code, stderr } = await run(args);
    expect(stderr).toContain(words);
    expect(code).toBe(exitCode);
  });
});

const MNIST = '../shared/models/mnist.onnx';

describe.skipIf(!existsSync(MNIST))('kernels trace (skipped: no ../shared)', () => {
  it('has a line for each operator and node, and says how far off it is', async () => {
    const { code, lines } = await run(['trace', MNIST, '--top', '2']);
    expect(lines[0]).toBe('input Input3: float32 [1,1,28,28]');
    expect(lines.some((line) => /% +MaxPool +2$/.test(line))).toBe(true);
    expect(lines.some((line) => /^and \d+ more: --top/.test(line))).toBe(true);
    expect(lines.at(-1)).toMatch(/^nodes together: .+ ms, .+ % of a run; a run with the profile: /);
    expect(code).toBe(0);
  });

  it('writes the whole trace as JSON', async () => {
    const { lines } = await run(['trace', MNIST, '--json', '--backend', 'wasm']);
    const trace = { backend: 'wasm', dimensions: {}, nodes: expect.any(Array) };
    expect(JSON.parse(lines[0] ?? '')).toMatchObject(trace);
  });

  it('stops at once where it is told to', async () => {
    expect(await run(['trace', MNIST], AbortSignal.abort())).toMatchObject({ code: 130 });
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
