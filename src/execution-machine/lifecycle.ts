import { fieldsOf, type CanonicalValue } from '../integrity/index.ts';
import type { Engine } from './engine.ts';
import { refuse, type Entry, type EntryOutcome } from './entry.ts';
import { codeIdOf, functionIdOf } from './function-id.ts';
import { FUNCTIONS, recordOf, writeRecord, type MachineState } from './machine-state.ts';
import type { ActionRunner } from './action-runner.ts';
import { flawOfSource } from './source-factory.ts';

// How a function begins and changes.
//
// unknown -deploy-> running(code) -upgrade, approved-> running(code, next at index) -index-> ...
//
// Nothing here ends a function: what was written under its id stays readable and provable.

type Context = {
  readonly engine: Engine;
  readonly state: MachineState;
  readonly runner: ActionRunner;
  /** Where a change goes: to the state, or nowhere when it is only tried. */
  readonly changes: Changes;
};

type Changes = {
  writeRecord(key: string, value: CanonicalValue): void;
  addTable(id: string): void;
};

/** Changes that are written to a state. */
export function changesOf(state: MachineState): Changes {
  return {
    writeRecord: (key, value) => writeRecord(state, key, value),
    addTable: (id) => state.addTable(id),
  };
}

const NO_CHANGES: Changes = { writeRecord: () => {}, addTable: () => {} };

/** What a deployment or upgrade would come to; it changes nothing. */
export function tryChange(context: Context, entry: Entry): Promise<EntryOutcome> {
  const tried = { ...context, changes: NO_CHANGES };
  return entry.function === 'deploy' ? deploy(tried, entry) : upgrade(tried, entry);
}

/** Takes a source into the log: body { engine, source, governance }. */
export async function deploy(context: Context, { body }: Entry): Promise<EntryOutcome> {
  const { engine, state, changes } = context;
  const parsed = parseDeployment(body);
  if (parsed === null) {
    return refuse('body_malformed', 'a deployment has engine, source and governance (or null)');
  }
  if (parsed.engine !== engine.id) return refuse('engine_unknown', parsed.engine.slice(0, 100));
  const id = functionIdOf(parsed);
  if (recordOf(state, id) !== undefined) return refuse('function_known', id);
  if (parsed.governance !== null && recordOf(state, parsed.governance) === undefined) {
    return refuse('function_unknown', 'the governance that it names is not deployed');
  }
  const flaw = await keepSource(context, parsed.source);
  if (flaw !== null) return refuse('source_invalid', flaw);
  const { governance } = parsed;
  changes.writeRecord(`function/${id}`, { code: codeIdOf(parsed), governance, next: null });
  changes.addTable(id);
  return { kind: 'done', value: { function: id } };
}

/**
 * Changes a function's code from an entry on: body { engine, function, source }.
 *
 * Anybody may send it; it takes effect where the function's own governance holds the row
 * `upgrade/<function>/<code>` with the index that was decided, or after this entry where that is
 * past. What was decided is so done once more for each source, and never without the decision.
 */
export async function upgrade(context: Context, entry: Entry): Promise<EntryOutcome> {
  const { engine, state, changes } = context;
  const parsed = parseUpgrade(entry.body);
  if (parsed === null) {
    return refuse('body_malformed', 'an upgrade has engine, function and source');
  }
  if (parsed.engine !== engine.id) return refuse('engine_unknown', parsed.engine.slice(0, 100));
  const record = recordOf(state, parsed.function);
  if (record === undefined) return refuse('function_unknown', parsed.function.slice(0, 100));
  const code = codeIdOf(parsed);
  const { governance } = record;
  const key = `upgrade/${parsed.function}/${code}`;
  const decided = governance === null ? undefined : state.read({ function: governance, key });
  if (typeof decided !== 'number') {
    return refuse('upgrade_not_approved', 'its governance has not decided on this source');
  }
  const flaw = await keepSource(context, parsed.source);
  if (flaw !== null) return refuse('source_invalid', flaw);
  const now = isCurrent(record.next, entry.index) ? record.next.code : record.code;
  const next = { code, atIndex: Math.max(decided, entry.index + 1) };
  changes.writeRecord(`function/${parsed.function}`, { code: now, governance, next });
  return { kind: 'done', value: { function: parsed.function, code, atIndex: next.atIndex } };
}

function isCurrent<Next extends { readonly atIndex: number }>(
  next: Next | null,
  index: number,
): next is Next {
  return next !== null && index >= next.atIndex;
}

/** Keeps a source where it is not kept; says why it cannot be. */
async function keepSource(
  { engine, state, runner, changes }: Context,
  source: string,
): Promise<string | null> {
  const key = `source/${codeIdOf({ engine: engine.id, source })}`;
  if (state.read({ function: FUNCTIONS, key }) !== undefined) return null;
  const flaw = flawOfSource(source) ?? (await runner.flawOf(source));
  if (flaw === null) changes.writeRecord(key, source);
  return flaw;
}

/** What an entry deploys; null where it is none. */
export function parseDeployment(body: CanonicalValue | undefined) {
  const fields = fieldsOf(body);
  if (fields === null) return null;
  const [engine, source] = [fields.get('engine'), fields.get('source')];
  const governance = fields.get('governance');
  if (typeof engine !== 'string' || typeof source !== 'string') return null;
  if (governance !== null && typeof governance !== 'string') return null;
  return { engine, source, governance };
}

function parseUpgrade(body: CanonicalValue | undefined) {
  const fields = fieldsOf(body);
  if (fields === null) return null;
  const [engine, source] = [fields.get('engine'), fields.get('source')];
  const id = fields.get('function');
  if (typeof engine !== 'string' || typeof source !== 'string' || typeof id !== 'string')
    return null;
  return { engine, source, function: id };
}
