import { describe, expect, it } from 'vitest';
import type { ConformanceReport } from '../../domain/capability.ts';
import type { KernelTime } from '../../domain/crowd-test.ts';
import type { AgentId } from '../../domain/ids.ts';
import {
  ADAPTER_CHARS_MAX,
  CONFORMANCE_DETAIL_CHARS_MAX,
  CONFORMANCE_DEVICES_MAX,
  CONFORMANCE_KEYS_MAX,
  CROWD_TIMES_KEYS_MAX,
} from '../../domain/limits.ts';
import type { BackendName, OperatorName, PrimitiveName } from '../../domain/operator.ts';
import { ConformanceBook } from './conformance-book.ts';
import { deviceKindOf } from './device-kind.ts';

// Names made here have the shape that the brand stands for.
const agentNamed = (name: string) => name.padEnd(43, '_') as AgentId;
const passed = (primitive: PrimitiveName, backend: BackendName = 'wasm'): ConformanceReport => {
  return { primitive, backend, passed: true, detail: 'fine' };
};
const failed = (primitive: PrimitiveName, detail = 'element 0 is 1, not 2'): ConformanceReport => {
  return { primitive, backend: 'webgpu', passed: false, detail };
};

const deviceOf = (label: string, adapter: string) => ({ label, adapter });
const CHROMIUM = deviceOf('Chromium 156, Linux', 'a GPU');
const NOTHING = { accepted: 0, rejected: 0 };

class Desk {
  readonly book = new ConformanceBook();
  atMs = 1_000;
  note(
    name: string,
    conformance: readonly ConformanceReport[],
    device = CHROMIUM,
    judged = NOTHING,
  ): this {
    this.atMs += 1;
    this.book.note({ agent: agentNamed(name), device, conformance, judged, atMs: this.atMs });
    return this;
  }
  row(primitive: PrimitiveName, backend: BackendName = 'webgpu') {
    const primitives = this.book.told()[0]?.primitives ?? [];
    return primitives.find((one) => one.primitive === primitive && one.backend === backend);
  }
}

describe('the kind of a device', () => {
  it.each([
    ['Chromium 156, Linux', 'Chromium 156'],
    ['Node 24.21.0, Linux 6.1, AMD EPYC', 'Node 24'],
    ['Mobile Safari 19', 'Mobile Safari 19'],
    ['<b>Chromium</b> 156', 'Unknown'],
    ['Chromium 156x', 'Unknown'],
    ['', 'Unknown'],
    ['Chromium 1234567', 'Unknown'],
  ])('of the label "%s" is %s', (label, software) => {
    expect(deviceKindOf(deviceOf(label, ''))).toEqual({ software, adapter: '' });
  });

  it.each([
    ['  nvidia   ada\n\tlovelace ', 'nvidia ada lovelace'],
    ['gpu\u202egnp\u0000\u200b', 'gpu gnp'],
    ['x'.repeat(ADAPTER_CHARS_MAX + 1), 'x'.repeat(ADAPTER_CHARS_MAX)],
  ])('has an adapter of one plain line: %j', (adapter, told) => {
    expect(deviceKindOf(deviceOf('Node 24', adapter)).adapter).toBe(told);
  });
});

describe('a table of devices', () => {
  it('counts keys that passed and that failed, with what failed', () => {
    const desk = new Desk()
      .note('ada', [passed('tanh', 'webgpu'), passed('tanh')])
      .note('ben', [failed('tanh', 'first'), passed('tanh')])
      .note('cyd', [failed('tanh', 'last\n'), passed('tanh')]);
    expect(desk.row('tanh')).toMatchObject({ passedKeys: 1, failedKeys: 2, failureDetail: 'last' });
    expect(desk.row('tanh', 'wasm')).toMatchObject({ passedKeys: 3, failureDetail: '' });
    expect(desk.book.told()).toMatchObject([
      { software: 'Chromium 156', adapter: 'a GPU', keys: 3, lastSeenAtMs: 1_003 },
    ]);
  });

  it('gives each key one vote, its last', () => {
    const desk = new Desk();
    for (let times = 0; times < 5; times++) desk.note('ada', [failed('tanh')]);
    expect(desk.row('tanh')).toMatchObject({ passedKeys: 0, failedKeys: 1 });
    desk.note('ada', [passed('tanh', 'webgpu')]);
    const mended = { passedKeys: 1, failedKeys: 0, failureDetail: '' };
    expect(desk.row('tanh')).toMatchObject(mended);
  });

  it('takes one word a test out of a claim that has two', () => {
    const desk = new Desk().note('ada', [passed('exp', 'webgpu'), failed('exp')]);
    expect(desk.row('exp')).toMatchObject({ passedKeys: 1, failedKeys: 0 });
  });

  it('keeps browsers, versions and GPUs apart, those of most keys first', () => {
    const desk = new Desk()
      .note('ada', [passed('add')], deviceOf('Chromium 155, Linux', 'a GPU'))
      .note('ben', [passed('add')], deviceOf('Chromium 156, Linux', ''))
      .note('cyd', [passed('add')], deviceOf('Chromium 156, macOS', 'a GPU'))
      .note('dot', [passed('add')], deviceOf('Chromium 156, Linux', 'a GPU'));
    expect(
      desk.book.told().map(({ software, adapter, keys }) => [software, adapter, keys]),
    ).toEqual([
      ['Chromium 156', 'a GPU', 2],
      ['Chromium 156', '', 1],
      ['Chromium 155', 'a GPU', 1],
    ]);
  });

  it('bounds what is told of a failure', () => {
    const desk = new Desk().note('ada', [failed('log', 'x'.repeat(1_000))]);
    expect(desk.row('log')?.failureDetail).toHaveLength(CONFORMANCE_DETAIL_CHARS_MAX);
  });

  it('forgets kinds of devices without accepted results first', () => {
    const desk = new Desk().note('ada', [passed('add')]);
    desk.book.settle(agentNamed('ada'), { accepted: 1, rejected: 0 });
    for (let index = 0; index < CONFORMANCE_DEVICES_MAX; index++) {
      desk.note(`mal ${index}`, [], deviceOf('Chromium 156, Linux', `made up ${index}`));
    }
    const adapters = desk.book.told().map(({ adapter }) => adapter);
    expect(adapters).toHaveLength(CONFORMANCE_DEVICES_MAX);
    expect(adapters).toContain('a GPU');
    expect(adapters).toContain('made up 1');
    expect(adapters).not.toContain('made up 0');
  });

  it('forgets keys of the kind that most speak for', () => {
    const desk = new Desk().note('ada', [passed('add')]);
    const many = deviceOf('Node 24', '');
    for (let index = 0; index < CONFORMANCE_KEYS_MAX; index++) desk.note(`mal ${index}`, [], many);
    const keys = desk.book.told().map((device) => [device.adapter, device.keys]);
    expect(keys).toEqual([
      ['', CONFORMANCE_KEYS_MAX - 1],
      ['a GPU', 1],
    ]);
  });
});

describe('crowd tests in a table of devices', () => {
  const time = (medianUs: number, operator: OperatorName = 'add'): KernelTime => {
    return { operator, backend: 'wasm', medianUs };
  };
  const note = (desk: Desk, name: string, times: readonly KernelTime[], conformance = [ADDS]) => {
    const told = { device: CHROMIUM, conformance, times, atMs: ++desk.atMs };
    return desk.book.noteTest({ agent: agentNamed(name), ...told });
  };
  const ADDS = passed('add');

  it('tell the median of what keys took, the last word of each', () => {
    const desk = new Desk();
    expect(note(desk, 'ada', [time(9)])).toEqual({ software: 'Chromium 156', adapter: 'a GPU' });
    for (const [name, us] of [
      ['ben', 50],
      ['ada', 10],
      ['cyd', 20],
    ] as const) {
      note(desk, name, [time(us)]);
    }
    expect(desk.row('add', 'wasm')).toMatchObject({ passedKeys: 3, timedKeys: 3, medianUs: 20 });
    note(desk, 'dot', [time(1, 'exp')]);
    expect(desk.row('add', 'wasm')).toMatchObject({ passedKeys: 4, timedKeys: 3 });
  });

  it('are no word on times where a key only joined, and are kept when it joins again', () => {
    const desk = new Desk().note('ada', [ADDS]);
    expect(desk.row('add', 'wasm')).toMatchObject({ timedKeys: 0, medianUs: 0 });
    note(desk, 'ada', [time(7)]);
    desk.note('ada', [ADDS]);
    expect(desk.row('add', 'wasm')).toMatchObject({ passedKeys: 1, timedKeys: 1, medianUs: 7 });
  });

  it('leave it to joining for which kind of device results count', () => {
    const desk = new Desk().note('ada', [ADDS], deviceOf('Node 24', ''));
    note(desk, 'ada', [time(7)]);
    desk.book.settle(agentNamed('ada'), { accepted: 4, rejected: 0 });
    const accepted = desk.book.told().map((one) => [one.software, one.resultsAccepted]);
    expect(accepted).toContainEqual(['Node 24', 4]);
    expect(accepted).toContainEqual(['Chromium 156', 0]);
  });

  it('are of the last CROWD_TIMES_KEYS_MAX keys', () => {
    const desk = new Desk();
    for (let index = 0; index < CROWD_TIMES_KEYS_MAX; index++) note(desk, `a${index}`, [time(1)]);
    for (let index = 0; index < CROWD_TIMES_KEYS_MAX; index++) note(desk, `b${index}`, [time(3)]);
    const kept = { timedKeys: CROWD_TIMES_KEYS_MAX, medianUs: 3 };
    expect(desk.row('add', 'wasm')).toMatchObject(kept);
    expect(desk.row('add', 'wasm')?.passedKeys).toBe(2 * CROWD_TIMES_KEYS_MAX);
  });
});

describe('what checks found', () => {
  const judgedOf = ({ book }: Desk) =>
    book.told().map((one) => [one.software, one.resultsAccepted, one.resultsRejected]);

  it('counts for the kind of device that a key was when it was judged', () => {
    const desk = new Desk().note('ada', [], deviceOf('Chromium 155, Linux', ''));
    desk.book.settle(agentNamed('ada'), { accepted: 5, rejected: 0 });
    desk.note('ada', [], deviceOf('Chromium 156, Linux', ''), { accepted: 7, rejected: 1 });
    desk.book.settle(agentNamed('ada'), { accepted: 10, rejected: 1 });
    desk.book.settle(agentNamed('ada'), { accepted: 10, rejected: 1 });
    expect(judgedOf(desk)).toEqual([
      ['Chromium 156', 3, 0],
      ['Chromium 155', 7, 1],
    ]);
  });

  it('does not count what a key did before it was heard of, nor keys unheard of', () => {
    const desk = new Desk().note('ada', [], CHROMIUM, { accepted: 100, rejected: 2 });
    desk.book.settle(agentNamed('ben'), { accepted: 9, rejected: 9 });
    expect(judgedOf(desk)).toEqual([['Chromium 156', 0, 0]]);
  });

  it('goes on from nothing for a key whose history was forgotten', () => {
    const desk = new Desk().note('ada', []);
    for (const accepted of [5, 0, 2]) {
      desk.book.settle(agentNamed('ada'), { accepted, rejected: 0 });
    }
    expect(judgedOf(desk)).toEqual([['Chromium 156', 7, 0]]);
  });
});
