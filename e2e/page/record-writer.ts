import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { actionDraft, freshAnchor } from '../../src/execution-machine/index.ts';
import {
  generateSigningKey,
  messageSignerOf,
  type CanonicalValue,
  type SigningKey,
} from '../../src/integrity/index.ts';
import { signEntry, type EntryDraft } from '../../src/ledger/index.ts';
import { failureFromConnect, LedgerService } from '../../src/wire/index.ts';
import { certain } from '../network/client.ts';
import { until } from '../network/processes.ts';

/** Somebody with a key, by default a new one, who writes entries into the record of a network. */
export async function recordWriter(url: string, own?: SigningKey) {
  const transport = createConnectTransport({ baseUrl: url, httpVersion: '1.1' });
  const ledger = createClient(LedgerService, transport);
  const key = own ?? certain(await generateSigningKey({ extractable: false }));
  const signer = messageSignerOf(key);
  // The same bytes have one place, however often they are handed in.
  const submit = async (draft: EntryDraft): Promise<number> => {
    const entry = await signEntry(signer, draft);
    return until('a place for an entry', async () => {
      try {
        return Number((await ledger.submitEntry({ entry })).index);
      } catch (error) {
        if (failureFromConnect(error).code === 'unavailable') return undefined;
        throw error;
      }
    });
  };
  return {
    submit,
    ledger,
    agent: key.agent,
    /** Writes an action for one of the network's functions; gives its index. */
    async write(name: string, body: CanonicalValue): Promise<number> {
      const { functions } = await ledger.getRecord({});
      const id = functions.find((one) => one.name === name)?.functionId;
      if (id === undefined) throw new Error(`the network has no function ${name}`);
      const draft = actionDraft({ function: id, body, anchor: freshAnchor() });
      return submit(draft);
    },
    /** Waits until a checkpoint has all entries that have a place. */
    async published(): Promise<number> {
      return until('a checkpoint of all entries', async () => {
        const { size, checkpoint } = await ledger.getRecord({});
        const [, signedSize] = new TextDecoder().decode(checkpoint).split('\n');
        return size > 0n && signedSize === String(size) ? Number(size) : undefined;
      });
    },
  };
}
