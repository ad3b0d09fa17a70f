import { EvalFlags, Intrinsics, JSException, QuickJS, type JSValueHandle } from 'quickjs-wasi';
import { assert } from '../domain/assert.ts';
import { PRELUDE_LIMITS, type Engine } from './engine.ts';
import { PRELUDE } from './gen/prelude.ts';
import { factorySource } from './source-factory.ts';

/** What a guest asks of the state while it runs; answers are texts of `data-text.ts`. */
export type GuestHost = {
  /** The value of a key in the table of a slot, as of the guest's last flush. */
  load(slot: number, key: string): string | undefined;
  /** The first keys with a prefix, in order. */
  list(slot: number, prefix: string, limit: number): readonly string[];
  /** The slot of a function's table. */
  slotOf(id: string): number | undefined;
  /** The next number in [0, 1) of the stream of the entry at this place of what was loaded. */
  random(at: number): number;
};

/** Of a guest; all of them together decide what becomes of an action. */
export type GuestLimits = {
  readonly gas: number;
  readonly memoryBytes: number;
  readonly stackBytes: number;
};

/** Why a guest gave up: what it has become since is not to be trusted, so it is disposed. */
export type Stop = { readonly limit: 'gas' | 'memory' };

/** One QuickJS runtime with the prelude in it. Ends with `dispose`. */
export type Guest = {
  install(of: {
    readonly slot: number;
    readonly id: string;
    readonly source: string;
    readonly stateBytes: number;
  }): Stop | null;
  /** Hands over entries: JSON of callers, and of [index, atMs, caller, slot, action, isTagged?]. */
  load(text: string): Stop | null;
  /** Runs so many of them. */
  run(count: number): Stop | null;
  /** At which of them it is. */
  position(): number;
  /** What they came to and wrote, as JSON. */
  flush(): { readonly text: string } | Stop;
  /** Why a text is no module; null where it is one. */
  flawOf(source: string): string | null;
  allocatedBytes(): number;
  dispose(): void;
};

// Neither Date, RegExp, Promise, Proxy, WeakRef, performance nor atob. EVAL is what the host itself
// compiles with; the prelude takes it from the guest.
const INTRINSICS = Intrinsics.EVAL | Intrinsics.JSON | Intrinsics.MAP_SET | Intrinsics.TYPED_ARRAYS;
const COMPILE_MODULE = EvalFlags.TYPE_MODULE | EvalFlags.COMPILE_ONLY;

/** Starts a runtime; two with the same limits that are told the same do the same. */
export async function startGuest(
  engine: Engine,
  host: GuestHost,
  limits: GuestLimits,
): Promise<Guest> {
  let gas = Infinity;
  const vm = await QuickJS.create({
    wasm: engine.module,
    wasi: noClock,
    intrinsics: INTRINSICS,
    memoryLimit: limits.memoryBytes,
    maxStackSize: limits.stackBytes,
    interruptHandler: () => --gas < 0,
    timezoneOffset: 0,
  });
  const calls = openPrelude(vm, host);
  const call = (name: CallName, ...args: JSValueHandle[]): JSValueHandle | Stop => {
    try {
      return vm.callFunction(calls[name], vm.undefined, ...args);
    } catch (cause) {
      return stopOf(cause, gas);
    } finally {
      for (const arg of args) arg.dispose();
    }
  };
  const perform = (name: CallName, ...args: JSValueHandle[]): Stop | null => {
    const result = call(name, ...args);
    if ('limit' in result) return result;
    result.dispose();
    return null;
  };
  return {
    install({ slot, id, source, stateBytes }) {
      const factory = evaluate(vm, factorySource(source), gas);
      if ('limit' in factory) return factory;
      const [number, bytes] = [vm.newNumber(slot), vm.newNumber(stateBytes)];
      return perform('install', number, vm.newString(id), factory, bytes);
    },
    load(text) {
      try {
        return perform('load', vm.newString(text));
      } catch (cause) {
        return stopOf(cause, gas);
      }
    },
    run(count) {
      gas = limits.gas;
      const stopped = perform('run', vm.newNumber(count));
      gas = Infinity;
      return stopped;
    },
    position() {
      const at = call('position');
      assert(!('limit' in at), 'a guest that cannot say where it is');
      return at.consume((handle) => handle.toNumber());
    },
    flush() {
      const text = call('flush');
      return 'limit' in text ? text : { text: text.consume((handle) => handle.toString()) };
    },
    flawOf(source) {
      try {
        vm.evalCode(source, 'function.js', COMPILE_MODULE).dispose();
        const factory = evaluate(vm, factorySource(source), gas);
        if ('limit' in factory) return `it needs too much ${factory.limit}`;
        factory.dispose();
        return null;
      } catch (cause) {
        if (!(cause instanceof JSException)) throw cause;
        const { message } = cause;
        cause.dispose();
        return message;
      }
    },
    allocatedBytes: () => vm.getAllocatedSize(),
    dispose: () => vm.dispose(),
  };
}

const CALLS = ['install', 'load', 'run', 'position', 'flush'] as const;
type CallName = (typeof CALLS)[number];

function openPrelude(vm: QuickJS, host: GuestHost): Readonly<Record<CallName, JSValueHandle>> {
  using prelude = vm.evalCode(PRELUDE, 'prelude.js');
  using ask = vm.newFunction('host', (...args) => answer(vm, host, args));
  using limits = vm.hostToHandle(PRELUDE_LIMITS);
  using calls = vm.callFunction(prelude, vm.undefined, ask, limits);
  // One of each name, as the list says.
  return Object.fromEntries(CALLS.map((name) => [name, calls.getProp(name)])) as Record<
    CallName,
    JSValueHandle
  >;
}

function answer(vm: QuickJS, host: GuestHost, args: readonly JSValueHandle[]): JSValueHandle {
  const [what, first, second, third] = args;
  const number = (handle: JSValueHandle | undefined) => handle?.toNumber() ?? 0;
  const text = (handle: JSValueHandle | undefined) => handle?.toString() ?? '';
  switch (text(what)) {
    case 'load': {
      const value = host.load(number(first), text(second));
      return value === undefined ? vm.undefined : vm.newString(value);
    }
    case 'list':
      return vm.newString(JSON.stringify(host.list(number(first), text(second), number(third))));
    case 'slot': {
      const slot = host.slotOf(text(first));
      return slot === undefined ? vm.undefined : vm.newNumber(slot);
    }
    case 'random':
      return vm.newNumber(host.random(number(first)));
    default:
      throw new Error('broken invariant: the prelude asked for something else');
  }
}

function evaluate(vm: QuickJS, code: string, gas: number): JSValueHandle | Stop {
  try {
    return vm.evalCode(code, 'function.js');
  } catch (cause) {
    return stopOf(cause, gas);
  }
}

const OUT_OF_MEMORY = new Set(['out of memory', 'string too long']);

/** The errors that no guest can catch; anything else that gets here is a bug, and no verdict. */
function stopOf(cause: unknown, gas: number): Stop {
  if (gas < 0) return { limit: 'gas' };
  if (isOutOfMemory(cause)) return { limit: 'memory' };
  throw cause;
}

function isOutOfMemory(cause: unknown): boolean {
  return cause instanceof JSException && OUT_OF_MEMORY.has(cause.message);
}

/** Time stands still at zero, and what would be random is zeros. */
function noClock(memory: WebAssembly.Memory) {
  return {
    clock_time_get(_clock: number, _precision: bigint, at: number): number {
      new DataView(memory.buffer).setBigUint64(at, 0n, true);
      return 0;
    },
    random_get(at: number, count: number): number {
      new Uint8Array(memory.buffer, at, count).fill(0);
      return 0;
    },
  };
}
