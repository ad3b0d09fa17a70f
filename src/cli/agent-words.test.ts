import { describe, expect, it } from 'vitest';
import type { AgentSnapshot, TaskView } from '../agent/native/index.ts';
import { parseAgentId, parseTaskId } from '../domain/ids.ts';
import { agentLine, moveLine, selfTestLine } from './agent-words.ts';

const agent = parseAgentId('A'.repeat(43));
const id = parseTaskId(`job_${'0'.repeat(26)}/0/1`);
if (!agent.ok || !id.ok) throw new Error('ids of this test do not parse');

const idle: AgentSnapshot = {
  phase: 'working',
  idle: { why: 'no_jobs', sinceMs: 0 },
  nextTryAtMs: null,
  tasks: [],
  tasksAhead: 0,
  standing: { accepted: 1234, rejected: 0, pending: 0, quarantine: null },
  counters: {
    tasksLeased: 0,
    tasksComputed: 0,
    rowsComputed: 0,
    tasksReported: 0,
    tasksFailed: 0,
    tasksDropped: 0,
    tasksLate: 0,
    computeMs: 0,
  },
  joinedAtMs: 0,
  lastFailure: null,
  selfTest: null,
  orchestrator: 'http://one.example',
  moved: null,
  recent: null,
  agent: agent.value,
  capability: null,
  conformance: [],
  limits: { lanes: 1, memoryBytes: 1, backend: 'auto' },
};
const task: TaskView = {
  task: id.value,
  jobName: 'digits',
  rows: 500,
  rowsDone: 0,
  primitive: 'model.run',
  backend: 'wasm',
  startedAtMs: 0,
};
const line = (changes: Partial<AgentSnapshot>): string =>
  agentLine({ ...idle, ...changes }, { nowMs: 1000, width: 200 });

describe('agentLine', () => {
  it.each([
    ['why it is idle', {}, 'idle: nothing is queued  1,234 accepted'],
    [
      'when it tries again',
      { nextTryAtMs: 6000 },
      'idle: nothing is queued, next try in 0:05  1,234 accepted',
    ],
    [
      'what it computes between two tasks',
      { idle: null, recent: { jobName: 'digits', meanTaskMs: 3 } },
      'computing digits  1,234 accepted',
    ],
    ['what it computes', { tasks: [task] }, 'computing digits on wasm, 500 rows  1,234 accepted'],
    [
      'that there is more, and what it loads',
      { tasks: [{ ...task, rows: 1, backend: null }, task], standing: null },
      'computing digits, 1 row and 1 more',
    ],
    [
      'what is checked or was rejected',
      { standing: { accepted: 1, rejected: 2, pending: 3, quarantine: null } },
      'idle: nothing is queued  1 accepted  3 being checked  2 rejected',
    ],
  ])('says %s', (_, changes, expected) => {
    expect(line(changes)).toBe(expected);
  });

  it('says why the orchestrator is away, without control characters', () => {
    const failure = { code: 'unavailable', message: 'refused\u001b[2J' } as const;
    const lost = {
      idle: { why: 'reconnecting', sinceMs: 0 },
      lastFailure: { failure, atMs: 0 },
    } as const;
    expect(line(lost)).toContain('(refused?[2J)');
  });

  it('says where it moved to and why, without control characters', () => {
    const failure = { code: 'unavailable', message: 'refused\u001b[2J' } as const;
    const moved = { from: 'http://one', to: 'http://two', failure, atMs: 0 };
    expect(moveLine(moved)).toBe('Moved from http://one to http://two: refused?[2J');
  });

  it('fits in its width', () => {
    expect(agentLine(idle, { nowMs: 0, width: 20 })).toHaveLength(19);
  });
});

describe('the line about a device that was tried again', () => {
  const failed = [{ primitive: 'tanh', backend: 'webgpu', passed: false, detail: 'why' }] as const;
  const capability = { primitives: { tanh: 'wasm' } } as unknown as NonNullable<
    AgentSnapshot['capability']
  >;
  it.each([
    ['working', failed, 'This device computes tanh wrongly on webgpu; it now uses wasm.'],
    [
      'quarantine',
      failed,
      'Tried again because of the quarantine. ' +
        'This device computes tanh wrongly on webgpu; it now uses wasm.',
    ],
    [
      'quarantine',
      [],
      'Tried again because of the quarantine. ' +
        'This device computes all test vectors rightly: they do not tell what was wrong.',
    ],
  ] as const)('for %s with %j says "%s"', (why, list, wanted) => {
    expect(selfTestLine({ why, failed: list, atMs: 0 }, { capability })).toBe(wanted);
  });
});
