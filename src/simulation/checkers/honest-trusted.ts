import type { AgentRole } from '../history.ts';
import type { MakeChecker } from './checker.ts';

/** Whoever computes rightly is never put into quarantine. */
export const honestTrusted: MakeChecker = (report) => {
  const roles = new Map<string, AgentRole>();
  return {
    see(record) {
      if (record.kind === 'agent-began') roles.set(record.agent, record.role);
      if (record.kind !== 'quarantined' || roles.get(record.agent) !== 'honest') return;
      report(`honest agent ${record.agent} is in quarantine: ${record.reason}`);
    },
  };
};
