import { describe, expect, it } from 'vitest';
import { RETRY_ELSEWHERE_MS, RETURNED_QUEUES_SCANNED_MAX } from '../domain/limits.ts';
import { Rehearsal, sessionNamed, stageOf, the } from './rehearsal.contract.ts';

const ALL = { kind: 'recompute', share: 1 } as const;

function network(rowCount: number, ...names: string[]): Rehearsal {
  const rehearsal = new Rehearsal();
  rehearsal.submit(0, stageOf({ rowCount, rowsPerTask: 1 }), ALL);
  for (const name of names) rehearsal.join(name);
  return rehearsal;
}

describe('a task that failed elsewhere', () => {
  it('waits RETRY_ELSEWHERE_MS for its third agent, and twice as long for each next', () => {
    const rehearsal = network(1, 'ada', 'ben', 'cyd', 'dot', 'eve');
    const fail = (name: string) => rehearsal.fail(name, rehearsal.leaseOne(name).lease);
    fail('ada');
    fail('ben');
    for (const [times, name] of ['cyd', 'dot', 'eve'].entries()) {
      rehearsal.after(RETRY_ELSEWHERE_MS * 2 ** times - 1);
      expect(the('lease-refused', rehearsal.ask(name))).toMatchObject({
        reason: 'retry_later',
        askAgainMs: 1,
      });
      rehearsal.after(1);
      fail(name);
    }
  });
});

describe('a request', () => {
  it.each([
    ['finds a task behind fewer than', RETURNED_QUEUES_SCANNED_MAX - 1, true],
    ['does not look for one behind', RETURNED_QUEUES_SCANNED_MAX, false],
  ])('%s RETURNED_QUEUES_SCANNED_MAX queues that are not for its agent', (_, count, isFound) => {
    const rehearsal = network(count + 1, 'ada', 'zoe');
    for (let queue = 0; queue < count; queue++) {
      const other = `other ${queue}`;
      rehearsal.join(other);
      for (const name of ['ada', other]) rehearsal.fail(name, rehearsal.leaseOne(name).lease);
    }
    const last = rehearsal.leaseOne('zoe').rows;
    rehearsal.send({ kind: 'agent-left', session: sessionNamed('zoe') });
    const rows = rehearsal.lease('ada').map((lease) => lease.rows);
    expect(rows).toEqual(isFound ? [last] : []);
  });
});
