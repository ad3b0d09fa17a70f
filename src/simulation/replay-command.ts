import { faultsText } from './faults/fault-text.ts';
import { jobsFor, type SimulationOptions } from './simulation-options.ts';

/** The one command that has the same history again. */
export function replayCommand(options: SimulationOptions): string {
  const { seed, agents, minutes, jobs, faults } = options;
  const parts = [`npx manyhands simulate --seed ${seed} --agents ${agents} --minutes ${minutes}`];
  if (jobs !== jobsFor(options)) parts.push(`--jobs ${jobs}`);
  if (faultsText(faults) !== 'all') parts.push(`--faults ${faultsText(faults)}`);
  return parts.join(' ');
}
