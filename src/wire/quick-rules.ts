import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import {
  LEASES_PER_AGENT_MAX,
  LEASES_PER_CALL_MAX,
  LONG_POLL_MS,
  REPORT_BYTES_MAX,
  WITHDRAWN_PER_CALL_MAX,
} from '../domain/limits.ts';
import {
  HeartbeatRequestSchema,
  LeaseTasksRequestSchema,
  ReportResultsRequestSchema,
} from './gen/manyhands/agents/v1/agent_service_pb.ts';

const SESSION_ID = /^session_[A-Za-z0-9_-]{43}$/;
const LEASE_ID = /^lease_[0-9a-hjkmnp-tv-z]{26}$/;
const SIGNATURE_BYTES = 64;

type Rule<Desc extends DescMessage> = readonly [Desc, (message: MessageShape<Desc>) => boolean];

function rule<Desc extends DescMessage>(...of: Rule<Desc>): Rule<Desc> {
  return of;
}

const RULES = new Map<DescMessage, (message: never) => boolean>([
  rule(LeaseTasksRequestSchema, ({ sessionId, maxTasks, waitMs }) => {
    const isCount = maxTasks >= 1 && maxTasks <= LEASES_PER_CALL_MAX;
    return isCount && waitMs <= LONG_POLL_MS && SESSION_ID.test(sessionId);
  }),
  rule(HeartbeatRequestSchema, ({ sessionId, leases, withdrawnLeaseIds }) => {
    if (leases.length > LEASES_PER_AGENT_MAX || !SESSION_ID.test(sessionId)) return false;
    if (withdrawnLeaseIds.length > WITHDRAWN_PER_CALL_MAX) return false;
    if (!withdrawnLeaseIds.every((id) => LEASE_ID.test(id))) return false;
    return leases.every(({ leaseId }) => LEASE_ID.test(leaseId));
  }),
  rule(ReportResultsRequestSchema, ({ report, signature, maxTasks }) => {
    const isSize = report.byteLength >= 1 && report.byteLength <= REPORT_BYTES_MAX;
    return isSize && signature.byteLength === SIGNATURE_BYTES && maxTasks <= LEASES_PER_CALL_MAX;
  }),
]);

/**
 * Whether a message certainly keeps the rules of its proto: those that come most often are looked
 * at by hand. False says nothing: the rules themselves decide.
 */
export function keepsRules<Desc extends DescMessage>(
  schema: Desc,
  message: MessageShape<Desc>,
): boolean {
  // The table pairs each schema with a rule for its own message.
  const keeps = RULES.get(schema) as ((message: MessageShape<Desc>) => boolean) | undefined;
  return keeps !== undefined && keeps(message);
}
