import { create, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  IdleReason,
  ReportResultsResponseSchema,
  ResultStatus,
} from './gen/manyhands/agents/v1/agent_service_pb.ts';
import { StageWorkSchema } from './gen/manyhands/agents/v1/task_pb.ts';
import { reportAnswerToBytes } from './quick-answer.ts';

const wide = fc.maxSafeNat().map(BigInt);
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const text = fc.oneof(fc.string(), fc.string({ unit: 'binary', maxLength: 300 }));
const standing = fc.record({
  accepted: wide,
  rejected: wide,
  pending: wide,
  quarantinedUntilMs: wide,
  quarantineReason: text,
});
const task = fc.record({
  leaseId: text,
  taskId: text,
  jobName: text,
  workIndex: uint32,
  rowStart: wide,
  rowEnd: wide,
  leaseMs: uint32,
});
const work = fc.record({ outputs: fc.array(fc.record({ name: text }), { maxLength: 3 }) });
const next = fc.record({
  works: fc.array(
    work.map((of) => create(StageWorkSchema, of)),
    { maxLength: 3 },
  ),
  tasks: fc.array(task, { maxLength: 64 }),
  idleReason: fc.constantFrom(IdleReason.UNSPECIFIED, IdleReason.QUARANTINED),
});
const answer = fc.record(
  {
    statuses: fc.array(fc.constantFrom(ResultStatus.RECEIVED, ResultStatus.MALFORMED), {
      maxLength: 200,
    }),
    standing,
    next,
  },
  { requiredKeys: [] },
);

describe("a report's answer", () => {
  it('has the bytes that generated code writes', () => {
    fc.assert(
      fc.property(answer, (of) => {
        const expected = toBinary(
          ReportResultsResponseSchema,
          create(ReportResultsResponseSchema, of),
        );
        expect(Buffer.from(reportAnswerToBytes(of)).equals(expected)).toBe(true);
      }),
    );
  });
});
