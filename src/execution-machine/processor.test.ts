import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeCanonical,
  encodeCanonical,
  equalBytes,
  type CanonicalValue,
} from '../integrity/index.ts';
import type { EntryOutcome } from './entry.ts';
import { codeIdOf } from './function-id.ts';
import { DEEP_SOURCES } from './hostile.contract.ts';
import { Driver, engine } from './machine-driver.contract.ts';
import { MachineState } from './machine-state.ts';
import { openProcessor } from './processor.ts';
import { verifyState } from './state-proof.ts';

const COUNTER = `export function handle(db, action, ctx) {
  db.set('count', (db.get('count') ?? 0) + 1);
  if (action === 'throw') throw new Error('not this time');
  return { count: db.get('count'), before: ctx.read(ctx.function, 'count') ?? null };
}`;

// What a list of orders does to a Map, and what the function does to its state, are the same.
const SCRIPT = `export function handle(db, action) {
  const seen = [];
  for (const [kind, key, value] of action.orders) {
    if (kind === 'set') db.set(key, value);
    else if (kind === 'delete') db.delete(key);
    else if (kind === 'get') seen.push(db.get(key) ?? null);
    else seen.push(db.list(key, value));
  }
  if (action.fails) throw new Error('fails');
  return seen;
}`;

async function only(outcomes: Promise<readonly EntryOutcome[]>): Promise<EntryOutcome> {
  const [outcome] = await outcomes;
  if (outcome === undefined) throw new Error('no outcome');
  return outcome;
}

describe('the processor', () => {
  it('keeps nothing of an action that throws', async () => {
    const driver = new Driver();
    const id = await driver.deploy(COUNTER);
    const say = (body: CanonicalValue) => driver.send({ function: id, body });
    expect(await say('go')).toEqual({ kind: 'done', value: { count: 1, before: null } });
    expect(await say('throw')).toEqual({ kind: 'thrown', message: 'not this time' });
    expect(await say('go')).toEqual({ kind: 'done', value: { count: 2, before: 1 } });
    expect(driver.processor.read({ function: id, key: 'count' })).toBe(2);
  });

  it('tells what an entry would come to, and changes nothing', async () => {
    const driver = new Driver();
    const id = await driver.deploy(COUNTER);
    const { processor } = driver;
    await driver.send({ function: id, body: 'go' });
    const root = processor.root();
    const tryOf = (of: { function: string; body: CanonicalValue | undefined }) =>
      only(processor.tryAll([{ ...of, index: 9, atMs: 1, caller: 'bob', anchor: 'tried' }]));
    const wouldBe = { kind: 'done', value: { count: 2, before: 1 } };
    expect(await tryOf({ function: id, body: 'go' })).toEqual(wouldBe);
    expect(await tryOf({ function: id, body: 'go' })).toEqual(wouldBe);
    expect((await tryOf({ function: id, body: 'throw' })).kind).toBe('thrown');
    expect((await tryOf({ function: id, body: undefined })).kind).toBe('refused');
    expect((await tryOf({ function: 'nobody', body: 1 })).kind).toBe('refused');
    const deployment = { engine: engine.id, source: SCRIPT, governance: null };
    expect((await tryOf({ function: 'deploy', body: deployment })).kind).toBe('done');
    expect((await tryOf({ function: 'deploy', body: deployment })).kind).toBe('done');
    expect(processor.root()).toEqual(root);
    expect(processor.nextIndex).toBe(2);
    expect(await driver.send({ function: id, body: 'go' })).toEqual(wouldBe);
  });

  it('stops what is only tried as it would stop what runs', async () => {
    const driver = new Driver();
    const id = await driver.deploy(`export function handle(db, count) {
      db.set('n', count);
      for (let at = 0; at < count; at++);
    }`);
    const tryOf = (body: number) => only(driver.processor.tryAll([actionOf(body)]));
    const actionOf = (body: number) => ({
      ...{ index: 1, atMs: 1, caller: 'bob', anchor: 'tried', function: id },
      body,
    });
    // Within what a shared guest does, what an action may, and beyond both.
    expect(await tryOf(1_000)).toEqual({ kind: 'done', value: null });
    expect(await tryOf(70_000)).toEqual({ kind: 'done', value: null });
    expect(await tryOf(900_000)).toEqual({ kind: 'stopped', limit: 'gas' });
    // Together with others, each is what it is alone.
    const together = await driver.processor.tryAll([1_000, 900_000, 70_000, 2_000].map(actionOf));
    expect(together.map(({ kind }) => kind)).toEqual(['done', 'stopped', 'done', 'done']);
    expect(driver.processor.read({ function: id, key: 'n' })).toBeUndefined();
  });

  it('does to state what a Map does, however its entries are cut', async () => {
    const key = fc.constantFrom('a', 'a/', 'a/b', 'b', '\u{1f600}', '\uffee', '\0');
    const leaf = fc.oneof(
      fc.integer(),
      fc.string({ unit: 'grapheme', maxLength: 5 }),
      fc.boolean(),
      fc.constant(null),
      fc.uint8Array({ maxLength: 3 }),
    );
    const value = fc.oneof(
      leaf,
      fc.array(leaf, { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('x', '\0', '\0\0', 'toJSON'), leaf, { maxKeys: 3 }),
    );
    const order = fc.oneof(
      fc.tuple(fc.constant('set'), key, value),
      fc.tuple(fc.constant('delete'), key, fc.constant(null)),
      fc.tuple(fc.constant('get'), key, fc.constant(null)),
      fc.tuple(fc.constant('list'), fc.constantFrom('', 'a', 'a/', 'z'), fc.nat({ max: 4 })),
    );
    const action = fc.record({ orders: fc.array(order, { maxLength: 8 }), fails: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(action, { maxLength: 5 }), { maxLength: 4 }),
        async (calls) => {
          const driver = new Driver();
          const id = await driver.deploy(SCRIPT);
          let model = new Map<string, CanonicalValue>();
          for (const actions of calls) {
            const entries = actions.map((body) =>
              driver.entry({ function: id, body: plain(body) }),
            );
            const outcomes = await driver.processor.apply(entries);
            const expected = actions.map((body) => {
              const { next, outcome } = runOnMap(model, plain(body));
              model = next;
              return outcome;
            });
            expect(bytesOf(outcomes)).toEqual(bytesOf(expected));
          }
          const rows = driver.processor.list({ function: id, prefix: '', limit: Infinity });
          expect(bytesOf(rows)).toEqual(bytesOf([...model].sort(byKey)));
          // One by one, and all at once, it comes to the same root.
          const again = openProcessor(engine);
          await again.apply(driver.entries);
          expect(again.root()).toEqual(driver.processor.root());
          for (const processor of [again, driver.processor]) processor.dispose();
        },
      ),
      { numRuns: 25 },
    );
  });

  it('refuses what must not run, and says why', async () => {
    const driver = new Driver();
    const id = await driver.deploy(COUNTER);
    const reasonOf = async (of: Parameters<Driver['entry']>[0]) => {
      const outcome = await driver.send(of);
      return outcome.kind === 'refused' ? outcome.reason : outcome.kind;
    };
    const deployment = { engine: engine.id, source: COUNTER, governance: null };
    const nested = (depth: number): CanonicalValue => (depth === 0 ? 1 : [nested(depth - 1)]);
    expect(await reasonOf({ function: id, body: 'go' })).toBe('done');
    expect(await reasonOf({ function: id, body: undefined })).toBe('body_malformed');
    expect(await reasonOf({ function: id, body: nested(12) })).toBe('done');
    expect(await reasonOf({ function: id, body: nested(13) })).toBe('body_malformed');
    expect(await reasonOf({ function: id, body: 'x'.repeat(262_141) })).toBe('done');
    expect(await reasonOf({ function: id, body: 'x'.repeat(262_142) })).toBe('body_too_large');
    expect(await reasonOf({ function: 'nobody', body: 1 })).toBe('function_unknown');
    expect(await reasonOf({ function: 'deploy', body: 1 })).toBe('body_malformed');
    expect(await reasonOf({ function: 'deploy', body: deployment })).toBe('function_known');
    const elsewhere = { ...deployment, engine: 'another' };
    expect(await reasonOf({ function: 'deploy', body: elsewhere })).toBe('engine_unknown');
    const loose = { ...deployment, governance: 'nobody' };
    expect(await reasonOf({ function: 'deploy', body: loose })).toBe('function_unknown');
    const upgrade = { engine: engine.id, function: id, source: `${COUNTER}\n` };
    expect(await reasonOf({ function: 'upgrade', body: upgrade })).toBe('upgrade_not_approved');
  });

  it('runs one (caller, anchor) once', async () => {
    const driver = new Driver();
    const id = await driver.deploy(COUNTER);
    const entry = driver.entry({ function: id, body: 'go' });
    const again = { ...entry, index: entry.index + 1 };
    const other = { ...entry, index: entry.index + 2, caller: 'bob' };
    const outcomes = await driver.processor.apply([entry, again, other]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['done', 'refused', 'done']);
  });

  it.each<readonly [name: string, source: string]>([
    ['no handle', 'function handle() {}'],
    ['two handles', `${COUNTER}\n${COUNTER}`],
    ['syntax that is none', 'export function handle( {'],
    ['braces that break out', 'export function handle() {}\nreturn handle; });\n(function () {'],
    ['a comment that does not end', 'export function handle() {}\n/*'],
    ['an import', "import x from 'x';\nexport function handle() {}"],
    ['a late import', "export function handle() { return import('x'); }"],
    ['a BigInt', 'export function handle() { return Number(2n ** 1000000n); }'],
    ['a hexadecimal BigInt', 'export function handle() { return Number(0xfFn); }'],
    ['a regular expression', 'export function handle() { return /a/.test("a"); }'],
    ['too long a source', `export function handle() {}\n//${'x'.repeat(50_000)}`],
    ...DEEP_SOURCES,
  ])('does not deploy %s', async (_name, source) => {
    const driver = new Driver();
    const body = { engine: engine.id, source, governance: null };
    const outcome = await driver.send({ function: 'deploy', body });
    expect(outcome).toMatchObject({ kind: 'refused', reason: 'source_invalid' });
  });

  it('draws the same numbers for an entry wherever it runs, and others for the next', async () => {
    const dice =
      'export function handle(db, action, ctx) { return Math.floor(ctx.random() * 1e9); }';
    const driver = new Driver();
    const id = await driver.deploy(dice);
    const entries = [1, 2, 3].map((body) => driver.entry({ function: id, body }));
    const together = await driver.processor.apply(entries);
    const alone = new Driver();
    await alone.deploy(dice);
    for (const [at, entry] of entries.entries()) {
      expect(await alone.processor.apply([entry])).toEqual([together[at]]);
    }
    expect(new Set(together.map((outcome) => JSON.stringify(outcome))).size).toBe(3);
  });

  it('runs actions that do not fit into one guest together', async () => {
    const driver = new Driver();
    const id = await driver.deploy('export function handle(db, action) { return action.length; }');
    const large = Array.from({ length: 20_000 }, () => []);
    const bodies = Array.from({ length: 40 }, (_, at) => (at % 2 === 0 ? large : [at]));
    const entries = bodies.map((body) => driver.entry({ function: id, body }));
    const outcomes = await driver.processor.apply(entries);
    expect(outcomes).toEqual(bodies.map(({ length }) => ({ kind: 'done', value: length })));
  });

  it('goes on from a snapshot as if it had never stopped, and takes no other rows', async () => {
    const driver = new Driver();
    const id = await driver.deploy(COUNTER);
    await driver.send({ function: id, body: 'go' });
    const snapshot = driver.processor.snapshot();
    const restored = MachineState.restore(snapshot);
    if (!restored.ok) throw new Error(restored.failure.message);
    const other = openProcessor(engine, { state: restored.value });
    const next = driver.entry({ function: id, body: 'go' });
    expect(await other.apply([next])).toEqual(await driver.processor.apply([next]));
    expect(other.root()).toEqual(driver.processor.root());
    expect(other.snapshot()).toEqual(driver.processor.snapshot());
    const rows = decodeCanonical(snapshot);
    if (!rows.ok) throw new Error(rows.failure.message);
    const forged = structuredClone(rows.value) as {
      tables: [string, number, [string, string][]][];
    };
    forged.tables.at(-1)![2][0]![1] = '099';
    expect(MachineState.restore(encodeCanonical(forged))).toMatchObject({
      ok: false,
      failure: { code: 'bytes_mismatch' },
    });
    expect(MachineState.restore(snapshot.subarray(1))).toMatchObject({ ok: false });
  });

  it('takes any bytes for a snapshot without breaking, and only true ones for one', async () => {
    const driver = new Driver();
    const id = await driver.deploy(COUNTER);
    await driver.send({ function: id, body: 'go' });
    const snapshot = driver.processor.snapshot();
    expect(MachineState.restore(snapshot).ok).toBe(true);
    const place = fc.nat({ max: snapshot.length - 1 });
    fc.assert(
      fc.property(place, fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bytes = snapshot.slice();
        bytes[at] = (bytes[at] ?? 0) ^ change;
        const restored = MachineState.restore(bytes);
        // What the root does not commit to: anchors, sizes and the next index.
        return !restored.ok || equalBytes(restored.value.root(), driver.processor.root());
      }),
      { numRuns: 500 },
    );
    fc.assert(fc.property(fc.uint8Array(), (bytes) => !MachineState.restore(bytes).ok));
  });

  it('takes a snapshot in its one form alone', async () => {
    const driver = new Driver();
    for (const source of [COUNTER, SCRIPT]) await driver.deploy(source);
    const snapshot = driver.processor.snapshot();
    const decoded = decodeCanonical(snapshot);
    if (!decoded.ok) throw new Error(decoded.failure.message);
    type Parts = { anchors: [string, string[]][]; tables: [string, number, unknown[]][] };
    const written = (change: (parts: Parts) => void) => {
      const parts = structuredClone(decoded.value) as Parts;
      change(parts);
      const restored = MachineState.restore(encodeCanonical(parts as never));
      return restored.ok || restored.failure.code;
    };
    expect(written(() => {})).toBe(true);
    expect(written(({ anchors }) => anchors[0]![1].push('anchor-0'))).toBe('input_malformed');
    expect(written(({ anchors }) => anchors.push(anchors[0]!))).toBe('input_malformed');
    expect(written(({ tables }) => tables.push(tables.at(-1)!))).toBe('input_malformed');
    expect(written(({ tables }) => tables[0]![2].reverse())).toBe('input_malformed');
  });

  it('proves what a key holds, and that a key holds nothing', async () => {
    const driver = new Driver();
    const id = await driver.deploy(SCRIPT);
    const orders = Array.from({ length: 200 }, (_, at) => ['set', `k${at}`, at]);
    await driver.send({ function: id, body: { orders, fails: false } });
    const { processor } = driver;
    const root = processor.root();
    const proof = processor.prove({ function: id, key: 'k7' });
    expect(verifyState(root, { function: id, key: 'k7', value: 7 }, proof).ok).toBe(true);
    expect(verifyState(root, { function: id, key: 'k7', value: 8 }, proof).ok).toBe(false);
    expect(verifyState(root, { function: id, key: 'k7', value: undefined }, proof).ok).toBe(false);
    expect(verifyState(root, { function: id, key: 'k8', value: 8 }, proof).ok).toBe(false);
    const absence = processor.prove({ function: id, key: 'none' });
    const none = { function: id, key: 'none', value: undefined };
    expect(verifyState(root, none, absence).ok).toBe(true);
    expect(verifyState(root, none, proof).ok).toBe(false);
    expect(verifyState(root, { ...none, key: 'k7' }, absence).ok).toBe(false);
    const cut = { ...proof, beside: proof.beside.slice(1) };
    expect(verifyState(root, { function: id, key: 'k7', value: 7 }, cut).ok).toBe(false);
    const odd = { ...proof, beside: [...proof.beside.slice(1), new Uint8Array(33)] };
    expect(verifyState(root, { function: id, key: 'k7', value: 7 }, odd).ok).toBe(false);
    expect(proof.beside.length).toBeLessThan(20);
  });

  it('changes a function when its governance has decided so, from the index that it decided', async () => {
    const driver = new Driver();
    const ruler = await driver.deploy(`export function handle(db, { key, atIndex }) {
      db.set(key, atIndex);
    }`);
    const first = 'export function handle() { return 1; }';
    const second = 'export function handle() { return 2; }';
    const id = await driver.deploy(first, ruler);
    const code = codeIdOf({ engine: engine.id, source: second });
    const upgrade = {
      function: 'upgrade',
      body: { engine: engine.id, function: id, source: second },
    };
    expect(await driver.send(upgrade)).toMatchObject({ reason: 'upgrade_not_approved' });
    await driver.send({ function: ruler, body: { key: `upgrade/${id}/${code}`, atIndex: 7 } });
    expect(await driver.send(upgrade)).toMatchObject({ kind: 'done', value: { code, atIndex: 7 } });
    const entries = [5, 6, 7, 8].map((body) => driver.entry({ function: id, body }));
    const values = (await driver.processor.apply(entries)).map(
      (one) => one.kind === 'done' && one.value,
    );
    expect(values).toEqual([1, 1, 2, 2]);
  });
});

function plain(body: unknown): { orders: [string, string, CanonicalValue][]; fails: boolean } {
  // fast-check's dictionaries have no prototype.
  return structuredClone(body) as ReturnType<typeof plain>;
}

function runOnMap(
  before: ReadonlyMap<string, CanonicalValue>,
  { orders, fails }: ReturnType<typeof plain>,
) {
  const next = new Map(before);
  const seen: CanonicalValue[] = [];
  for (const [kind, key, value] of orders) {
    if (kind === 'set') next.set(key, value);
    else if (kind === 'delete') next.delete(key);
    else if (kind === 'get') seen.push(next.get(key) ?? null);
    else {
      const rows = [...next].filter(([other]) => other.startsWith(key)).sort(byKey);
      seen.push(rows.slice(0, Number(value)));
    }
  }
  return fails
    ? { next: new Map(before), outcome: { kind: 'thrown', message: 'fails' } }
    : { next, outcome: { kind: 'done', value: seen } };
}

function byKey([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function bytesOf(value: unknown): Uint8Array {
  return encodeCanonical(value as CanonicalValue);
}
