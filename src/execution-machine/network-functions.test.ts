import { describe, expect, it } from 'vitest';
import type { AgentId } from '../domain/ids.ts';
import { decodeCanonical, encodeCanonical, type MessageSigner } from '../integrity/index.ts';
import { agentOf, must, newSigner } from '../ledger/example-log.contract.ts';
import { signEntry, verifyEntry } from '../ledger/index.ts';
import { LogReading } from './log-entry.ts';
import { engine } from './machine-driver.contract.ts';
import { begunFunctions, networkFunctions } from './network-functions.ts';
import { openProcessor } from './processor.ts';
import { functionsBegunIn } from './verify/record-functions.ts';

describe('the functions of a network', () => {
  it('are deployed by the entries that begin them, under the ids that are told', async () => {
    const signer = await newSigner();
    const log = Buffer.from(signer.publicKey).toString('base64url') as AgentId;
    const { beginnings, ...functions } = networkFunctions(log);
    const reading = new LogReading(log);
    const processor = openProcessor(engine);
    const kinds = [];
    for (const [index, draft] of beginnings.entries()) {
      const { entry } = must(await verifyEntry(await signEntry(signer, draft)));
      const read = reading.read(index, entry);
      if (read.kind !== 'action') throw new Error(read.kind);
      const [outcome] = await processor.apply([read.entry]);
      kinds.push(outcome?.kind);
    }
    expect(kinds).toEqual(['done', 'done', 'done', 'done', 'done']);
    const { governance, credits } = functions;
    expect(processor.read({ function: governance.id, key: 'credits' })).toBe(credits.id);
    for (const { id, source } of Object.values(functions)) {
      expect(processor.functionOf(id)).toMatchObject({ source });
    }
  });

  it('are others for another log, and the same for the same', async () => {
    const [one, other] = [await agentOf(1), await agentOf(2)];
    expect(networkFunctions(one)).toEqual(networkFunctions(one));
    expect(networkFunctions(other).credits.id).not.toBe(networkFunctions(one).credits.id);
  });

  it('are those that the log has, where other software began it, in part or whole', async () => {
    const signer = await newSigner();
    const log = Buffer.from(signer.publicKey).toString('base64url') as AgentId;
    const stranger = await newSigner();
    const own = networkFunctions(log);
    // As a former release deployed the first two, and a stranger would like to deploy them.
    const deployed = async (at: number, by: MessageSigner) => {
      const draft = own.beginnings[at];
      if (draft === undefined) throw new Error('five entries begin a network');
      const body = must(decodeCanonical(draft.body)) as { readonly source: string };
      const source = `${body.source}// of a former release`;
      const former = encodeCanonical({ ...body, source });
      return must(await verifyEntry(await signEntry(by, { ...draft, body: former }))).entry;
    };
    const entries = [
      await deployed(0, stranger),
      await deployed(0, signer),
      await deployed(1, signer),
    ];
    const begun = begunFunctions(log, entries);
    expect(Object.keys(begun)).toEqual(['governance', 'credits']);
    const network = networkFunctions(log, { begun });
    expect(network.governance.id).not.toBe(own.governance.id);
    expect(network.governance.source).toContain('of a former release');
    expect(network.credits).toEqual(begun.credits);
    // What is missing is deployed under the governance that is there.
    expect(network.beginnings).toHaveLength(3);
    const bodies = network.beginnings.map(({ body }) => must(decodeCanonical(body)));
    expect(bodies[0]).toMatchObject({ governance: network.governance.id });
    expect(bodies[2]).toMatchObject({ kind: 'found', credits: network.credits.id });
  });

  it('are found again in what they began, and then nothing is deployed anew', async () => {
    const signer = await newSigner();
    const log = Buffer.from(signer.publicKey).toString('base64url') as AgentId;
    const own = networkFunctions(log);
    const bytes = await Promise.all(own.beginnings.map((draft) => signEntry(signer, draft)));
    const found = must(await functionsBegunIn(bytes, log));
    expect({ ...found, beginnings: [] }).toEqual({ ...own, beginnings: [] });
    expect(found.beginnings).toEqual(own.beginnings.slice(4));
  });

  it('are not evaluated in another engine than the one that they began in', async () => {
    const signer = await newSigner();
    const log = Buffer.from(signer.publicKey).toString('base64url') as AgentId;
    const [governance] = networkFunctions(log).beginnings;
    const body = must(decodeCanonical(governance!.body)) as { readonly source: string };
    const elsewhere = encodeCanonical({ ...body, engine: 'bafyother' });
    const deployed = (by: MessageSigner) => signEntry(by, { ...governance!, body: elsewhere });
    expect(await functionsBegunIn([await deployed(signer)], log)).toMatchObject({
      failure: { code: 'version_unsupported' },
    });
    // What others deploy says nothing of the network.
    expect(must(await functionsBegunIn([await deployed(await newSigner())], log))).toEqual(
      networkFunctions(log),
    );
  });
});
