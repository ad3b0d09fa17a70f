import type { MakeChecker } from './checker.ts';

/** How long after the last job a standing that is told must have all credit in it. Milliseconds. */
const SETTLED_MS = 6_000;

/**
 * Each accepted result is credited once, until it is revoked: standings are never ahead of what was
 * ever accepted (an answer may be under way while results are revoked), and in the end exact.
 */
export const creditExact: MakeChecker = (report) => {
  const credited = new Map<string, number>();
  const revoked = new Map<string, number>();
  const lastTold = new Map<string, number>();
  let overAtMs = Infinity;
  return {
    see(record) {
      switch (record.kind) {
        case 'task-accepted':
          for (const agent of record.agents) credited.set(agent, (credited.get(agent) ?? 0) + 1);
          if (new Set(record.agents).size !== record.agents.length) {
            report(`the result of ${record.lease} credits an agent twice`);
          }
          return;
        case 'task-revoked':
          revoked.set(record.agent, (revoked.get(record.agent) ?? 0) + 1);
          return;
        case 'standing-told': {
          const { agent, accepted } = record;
          const due = credited.get(agent) ?? 0;
          if (accepted > due) report(`agent ${agent} is told of ${accepted} accepted, not ${due}`);
          if (record.atMs >= overAtMs + SETTLED_MS) lastTold.set(agent, accepted);
          return;
        }
        case 'jobs-over':
          overAtMs = record.atMs;
      }
    },
    end() {
      for (const [agent, told] of lastTold) {
        const due = (credited.get(agent) ?? 0) - (revoked.get(agent) ?? 0);
        if (told !== due) report(`agent ${agent} has credit for ${told} of ${due} results`);
      }
    },
  };
};
