import { describe, expect, it } from 'vitest';
import { assert } from '../domain/assert.ts';
import { OPERATORS, PRIMITIVES } from '../domain/operator.ts';
import { operatorBackends, primitiveFacts } from './device-facts.ts';
import { AGENT_STORIES } from './stories/agent-stories.ts';

const snapshot = AGENT_STORIES['computing']?.snapshot ?? null;
assert(snapshot !== null, 'the story of computing has a snapshot');
const facts = primitiveFacts(snapshot);

describe('primitiveFacts', () => {
  it('has one fact for each primitive', () => {
    expect(facts.map((fact) => fact.primitive)).toEqual([...PRIMITIVES]);
  });

  it('says what did not pass where a primitive fell back', () => {
    expect(facts.find((fact) => fact.primitive === 'tanh')).toEqual({
      primitive: 'tanh',
      backend: 'wasm',
      refused: [{ backend: 'webgpu', why: 'NaN for 88.0 where 1 is right' }],
    });
  });

  it('knows nothing before the first joining', () => {
    expect(primitiveFacts({ capability: null, conformance: [] })).toEqual([]);
  });
});

describe('operatorBackends', () => {
  it('counts operators by backend, the most first, and leaves models out', () => {
    expect(operatorBackends(facts)).toEqual([
      { backend: 'webgpu', count: OPERATORS.length - 1 },
      { backend: 'wasm', count: 1 },
    ]);
  });
});
