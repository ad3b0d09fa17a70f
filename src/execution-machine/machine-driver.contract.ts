import type { CanonicalValue } from '../integrity/index.ts';
import type { Engine } from './engine.ts';
import type { Entry, EntryOutcome } from './entry.ts';
import { functionIdOf } from './function-id.ts';
import { openNodeEngine } from './node.ts';
import { openProcessor, type Processor } from './processor.ts';

/** The pinned engine; tests of this room share one. */
export const engine: Engine = await pinnedEngine();

/** A processor with a log in front of it: entries get their places and anchors here. */
export class Driver {
  readonly processor: Processor;
  readonly entries: Entry[] = [];
  constructor(processor = openProcessor(engine)) {
    this.processor = processor;
  }

  /** The next entry of the log. */
  entry(of: { caller?: string; function: string; body: CanonicalValue | undefined }): Entry {
    const index = this.entries.length;
    const entry = {
      caller: 'alice',
      ...of,
      index,
      atMs: 1_700_000_000_000 + index,
      anchor: `anchor-${index}`,
    };
    this.entries.push(entry);
    return entry;
  }

  /** Applies one entry alone. */
  async send(of: Parameters<Driver['entry']>[0]): Promise<EntryOutcome> {
    const [outcome] = await this.processor.apply([this.entry(of)]);
    return outcome!;
  }

  /** Deploys a source and tells its id. */
  async deploy(source: string, governance: string | null = null): Promise<string> {
    const body = { engine: engine.id, source, governance };
    const outcome = await this.send({ function: 'deploy', body });
    if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome));
    return functionIdOf(body);
  }
}

async function pinnedEngine(): Promise<Engine> {
  const opened = await openNodeEngine();
  if (!opened.ok) throw new Error(opened.failure.message);
  return opened.value;
}
