import { describe, expect, it } from 'vitest';
import { readProfile } from './profile-events.ts';

type Part = { readonly ts: number; readonly dur: number };

function run({ ts, dur }: Part): string {
  return `{"cat" : "Session","pid" :42,"dur" :${dur},"ts" :${ts},"ph" : "X","name" :"model_run","args" : {}},`;
}

function node(name: string, { ts, dur }: Part): string {
  const args = `{"op_name" : "Gemm","node_index" : "1","input_type_shape" : [{"float":[1,256]},{"int64":[]}],"output_type_shape" : [{"float":[1,10]}]}`;
  return `{"cat" : "Node","dur" :${dur},"ts" :${ts},"ph" : "X","name" :"${name}_kernel_time","args" : ${args}},`;
}

/** A run that warms up, and then as many as `lines` has. */
function profileOf(...lines: readonly string[]): string {
  return ['[', node('a', { ts: 5, dur: 90 }), run({ ts: 0, dur: 100 }), ...lines, ']'].join('\n');
}

describe('a profile of ONNX Runtime', () => {
  it('has the median of each node, and what each run took, without the first run', () => {
    const profile = readProfile(
      profileOf(
        ...[200, 300, 400].flatMap((ts, index) => [
          node('a', { ts: ts + 10, dur: 10 * (index + 1) }),
          node('b', { ts: ts + 60, dur: 5 }),
          run({ ts, dur: 80 }),
        ]),
      ),
    );
    expect(profile).toEqual({
      nodes: [
        {
          name: 'a',
          operator: 'Gemm',
          inputs: ['float [1,256]', 'int64 []'],
          outputs: ['float [1,10]'],
          on: 'cpu',
          ms: 0.02,
        },
        expect.objectContaining({ name: 'b', ms: 0.005 }),
      ],
      runsMs: [0.08, 0.08, 0.08],
      nodesMs: [0.015, 0.025, 0.035].map((ms) => expect.closeTo(ms, 10)),
    });
  });

  it('counts nodes within a node once', () => {
    const profile = readProfile(
      profileOf(
        node('in', { ts: 210, dur: 10 }),
        node('deeper', { ts: 211, dur: 4 }),
        node('in', { ts: 230, dur: 20 }),
        node('if', { ts: 205, dur: 50 }),
        node('after', { ts: 260, dur: 7 }),
        run({ ts: 200, dur: 80 }),
      ),
    );
    const times = profile.nodes.map(({ name, ms }) => [name, ms]);
    expect(times).toEqual([
      ['if', 0.02],
      ['in', 0.026],
      ['deeper', 0.004],
      ['after', 0.007],
    ]);
    expect(profile.nodesMs[0]).toBeCloseTo(0.057, 10);
  });

  it('has what the GPU took, by the order of its programs, where it tells', () => {
    const gpu = (name: string, { ts, dur }: Part) =>
      `{"cat" : "Api","dur" :${dur},"ts" :${ts},"name" :"${name}","args" : {}},`;
    const profile = readProfile(
      profileOf(
        ...[200, 300].flatMap((ts) => [
          node('a', { ts: ts + 10, dur: 1 }),
          node('host', { ts: ts + 20, dur: 3 }),
          run({ ts, dur: 80 }),
        ]),
        // The first run prepares a weight; each has two programs of the node.
        gpu('a&Gemm&Weights', { ts: 9_000, dur: 500 }),
        gpu('a&Gemm&Split', { ts: 9_001, dur: 400 }),
        gpu('a&Gemm&Product', { ts: 9_002, dur: 900 }),
        gpu('a&Gemm&Split', { ts: 9_003, dur: 4 }),
        gpu('a&Gemm&Product', { ts: 9_004, dur: 20 }),
        gpu('a&Gemm&Split', { ts: 9_005, dur: 6 }),
        gpu('a&Gemm&Product', { ts: 9_006, dur: 30 }),
      ),
    );
    expect(profile.nodes).toMatchObject([
      { name: 'a', on: 'gpu', ms: expect.closeTo(0.036, 10) },
      { name: 'host', on: 'cpu', ms: expect.closeTo(0.003, 10) },
    ]);
    expect(profile.nodesMs).toEqual([expect.closeTo(0.027, 10), expect.closeTo(0.039, 10)]);
  });

  it.each([
    ['nothing', ''],
    ['no profile', 'an error\n[1, 2]\n{"cat": 1}\nnull'],
    ['one run alone', profileOf()],
  ])('of %s has no nodes', (_, text) => {
    expect(readProfile(text)).toEqual({ nodes: [], runsMs: [], nodesMs: [] });
  });

  it('leaves out a line that a name in the model broke', () => {
    const lines = [node('a"', { ts: 210, dur: 10 }), node('b', { ts: 230, dur: 5 })];
    const profile = readProfile(profileOf(...lines, run({ ts: 200, dur: 80 })));
    expect(profile.nodes.map(({ name }) => name)).toEqual(['b']);
    expect(profile).toMatchObject({ runsMs: [0.08], nodesMs: [0.005] });
  });
});
