import { countWords, rateWords, shortCountWords } from '../amounts.ts';
import type { NetworkView } from '../network-view.ts';
import { Figures } from '../primitives/figures.tsx';
import { NETWORK } from '../text.ts';

type NetworkFiguresProps = { readonly network: NetworkView; readonly tasksPerSecond: number };

/** The network in four numbers. */
export function NetworkFigures({ network, tasksPerSecond }: NetworkFiguresProps) {
  const { figures } = NETWORK;
  return (
    <Figures
      figures={[
        { label: figures.agents, value: countWords(network.agentCount) },
        { label: figures.rate, value: rateWords(tasksPerSecond), note: figures.rateNote },
        { label: figures.waiting, value: shortCountWords(network.tasksWaiting) },
        {
          label: figures.accepted,
          value: shortCountWords(network.tasksAcceptedTotal),
          note: figures.acceptedNote,
        },
      ]}
    />
  );
}
