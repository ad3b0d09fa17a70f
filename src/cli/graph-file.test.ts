import { describe, expect, it } from 'vitest';
import { parseGraphFile } from './graph-file.ts';

const graph = {
  inputs: { A: 'a.npy', B: null },
  nodes: [
    { operator: 'matmul', inputs: ['A', 'B'], output: 'C' },
    { operator: 'reduce-sum', inputs: ['C'], axis: 1, output: 'D' },
  ],
  outputs: ['D'],
};
const node = graph.nodes[0];

describe('parseGraphFile', () => {
  it('reads inputs, nodes in order, and outputs', () => {
    expect(parseGraphFile(JSON.stringify(graph))).toEqual({
      ok: true,
      value: { ...graph, inputs: new Map(Object.entries(graph.inputs)) },
    });
  });

  it.each([
    ['no JSON', '{', /not JSON/],
    ['a list', '[]', /not a JSON object/],
    ['a strange field', { ...graph, output: 'D' }, /unknown field "output"/],
    ['inputs as a list', { ...graph, inputs: ['A'] }, /"inputs" must be an object/],
    ['an input that is a number', { ...graph, inputs: { A: 1 } }, /input "A" must be the path/],
    ['no outputs', { ...graph, outputs: [] }, /at least one/],
    ['no nodes', { ...graph, nodes: [] }, /at least one/],
    ['too many nodes', { ...graph, nodes: Array(257).fill(node) }, /256 are allowed/],
    ['a node that is text', { ...graph, nodes: ['matmul'] }, /node 1 is not an object/],
    [
      'an operator of others',
      { ...graph, nodes: [{ ...node, operator: 'conv' }] },
      /"conv".*matmul/,
    ],
    ['a strange field in a node', { ...graph, nodes: [{ ...node, alpha: 1 }] }, /field "alpha"/],
    ['an axis between', { ...graph, nodes: [{ ...node, axis: 0.5 }] }, /"axis" must be/],
    ['an axis beyond', { ...graph, nodes: [{ ...node, axis: 8 }] }, /"axis" must be/],
    ['inputs that are no names', { ...graph, nodes: [{ ...node, inputs: [1] }] }, /list of names/],
    ['an output that is missing', { ...graph, nodes: [{ ...node, output: undefined }] }, /a name/],
  ])('refuses %s', (_, given, message) => {
    const outcome = parseGraphFile(typeof given === 'string' ? given : JSON.stringify(given));
    expect(outcome).toMatchObject({
      ok: false,
      failure: { message: expect.stringMatching(message) },
    });
  });
});
