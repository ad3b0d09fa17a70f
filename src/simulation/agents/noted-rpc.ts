import type { AgentRpc } from '../../agent/agent-rpc.ts';
import type { AgentId } from '../../domain/ids.ts';
import type { Standing } from '../../domain/standing.ts';
import { reportFromBytes } from '../../wire/index.ts';
import type { History } from '../history.ts';

/** An agent's calls; what the orchestrator acknowledged in its answers is taken down. */
export function notedRpc(
  rpc: AgentRpc,
  of: { readonly agent: AgentId; readonly history: History },
): AgentRpc {
  const { agent, history } = of;
  const noteStanding = ({ accepted, rejected, pending }: Standing): void => {
    history.add({ kind: 'standing-told', agent, accepted, rejected, pending });
  };
  return {
    challenge: rpc.challenge,
    leave: rpc.leave,
    async join(claim, signal) {
      const joined = await rpc.join(claim, signal);
      if (joined.ok) noteStanding(joined.value.standing);
      return joined;
    },
    async lease(ask, signal) {
      const leased = await rpc.lease(ask, signal);
      if (leased.ok) noteStanding(leased.value.standing);
      return leased;
    },
    async report(report, signal) {
      const answered = await rpc.report(report, signal);
      if (!answered.ok) return answered;
      const sent = reportFromBytes(report.bytes);
      const results = sent.ok ? sent.value.results : [];
      const leases = results.map(({ lease }) => lease);
      const outputs = results.flatMap(({ lease, result }) =>
        result.kind === 'output' ? lease : [],
      );
      const { statuses } = answered.value;
      history.add({ kind: 'results-acknowledged', agent, leases, statuses, outputs });
      noteStanding(answered.value.standing);
      return answered;
    },
    async heartbeat(beat, signal) {
      const heard = await rpc.heartbeat(beat, signal);
      if (heard.ok) noteStanding(heard.value.standing);
      return heard;
    },
  };
}
