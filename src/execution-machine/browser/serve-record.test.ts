import { expect, it } from 'vitest';
import { agentIdOf } from '../../integrity/index.ts';
import { knownSigner, must } from '../../ledger/example-log.contract.ts';
import { LogWriter, memoryLogStore, signEntry } from '../../ledger/index.ts';
import { functionIdOf } from '../function-id.ts';
import { actionDraft } from '../log-entry.ts';
import { openNodeEngine } from '../node.ts';
import { serveRecord } from './serve-record.ts';

const SOURCE = `export function handle(db, action, ctx) {
  db.set('total/' + ctx.caller, (db.get('total/' + ctx.caller) ?? 0) + action);
}`;

/** A log of 300 actions by two keys: the first adds larger numbers, the second more often. */
async function exampleLog() {
  const engine = must(await openNodeEngine());
  const [log, ann, bob] = [await knownSigner(1), await knownSigner(2), await knownSigner(3)];
  const store = memoryLogStore();
  const writer = must(await LogWriter.open({ name: 'example.org/log', signer: log }, store));
  const deployment = { engine: engine.id, source: SOURCE, governance: null };
  const id = functionIdOf(deployment);
  const anchorOf = (number: number): Uint8Array => {
    const anchor = new Uint8Array(32);
    new DataView(anchor.buffer).setUint32(0, number);
    return anchor;
  };
  const deploy = actionDraft({ function: 'deploy', body: deployment, anchor: anchorOf(0) });
  must(await writer.append(await signEntry(log, deploy)));
  for (let number = 1; number <= 300; number++) {
    const by = number % 3 === 0 ? ann : bob;
    const body = by === ann ? 5 : 1;
    const draft = actionDraft({ function: id, body, anchor: anchorOf(number) });
    must(await writer.append(await signEntry(by, draft)));
  }
  const { checkpoint } = must(await writer.publish());
  const api = serveRecord({
    filesAt: () => store,
    openEngine: openNodeEngine,
    nowMs: () => performance.now(),
  });
  const idOf = (key: { readonly publicKey: Uint8Array }) => must(agentIdOf(key.publicKey));
  const known = { logKey: idOf(log), head: checkpoint, files: 'https://example.org/' };
  return { api, known, id, ann: idOf(ann), bob: idOf(bob) };
}

it('tells who would change place under another rule, over the log of files', async () => {
  const { api, known, id, ann, bob } = await exampleLog();
  const seen: number[] = [];
  const whatIf = (source: string) =>
    api.whatIf({ log: known, suppose: { function: id, source }, prefix: 'total/' }, ({ entries }) =>
      seen.push(entries),
    );
  expect(must(await whatIf(SOURCE))).toEqual([]);
  expect(seen).toEqual([256, 301]);
  // Each action counts one, however much it adds.
  expect(must(await whatIf(SOURCE.replace('+ action', '+ 1')))).toEqual(
    [
      { key: `total/${ann}`, before: 500, after: 100, placeBefore: 1, placeAfter: 2 },
      { key: `total/${bob}`, before: 200, after: 200, placeBefore: 2, placeAfter: 1 },
    ].toSorted((left, right) => (left.key < right.key ? -1 : 1)),
  );
});

it('reads one bundle of entries, and refuses one of another tree', async () => {
  const { api, known, ann } = await exampleLog();
  const read = must(await api.readEntries(known, 1));
  expect(read.map(({ index }) => index)).toEqual(Array.from({ length: 45 }, (_, at) => 256 + at));
  expect(read.find(({ index }) => index === 258)?.owner).toBe(ann);
  const head = { ...known.head, root: new Uint8Array(32) };
  const refused = await api.readEntries({ ...known, head }, 1);
  expect(refused).toMatchObject({ ok: false, failure: { code: 'proof_invalid' } });
});
