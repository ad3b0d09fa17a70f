import type { CanonicalValue } from '../integrity/index.ts';
import type { Engine } from './engine.ts';
import type { Entry, EntryOutcome } from './entry.ts';
import { functionIdOf } from './function-id.ts';
import { openProcessor } from './processor.ts';

// What a function may try, and what becomes of it on every engine, whatever ran before.

export type HostileCase = {
  readonly name: string;
  /** The body of `handle(db, action, ctx)`. */
  readonly body: string;
  readonly expected: EntryOutcome;
};

const STOPPED_BY_GAS: EntryOutcome = { kind: 'stopped', limit: 'gas' };
const STOPPED_BY_MEMORY: EntryOutcome = { kind: 'stopped', limit: 'memory' };
const OVERFLOW = thrown('Maximum call stack size exceeded');
const TOO_MANY_ITEMS = thrown('at most 65536 items for this');
const NO_SEARCH = thrown('the text is too long to be searched');

function thrown(message: string): EntryOutcome {
  return { kind: 'thrown', message };
}

function done(value: CanonicalValue): EntryOutcome {
  return { kind: 'done', value };
}

export const HOSTILE_CASES: readonly HostileCase[] = [
  ['a control that does nothing wrong', `db.set('x', 1); return db.get('x');`, done(1)],
  // More than a shared guest does, and less than an action may.
  ['much work', 'let n = 0; for (let i = 0; i < 70000; i++) n += i; return n;', done(2449965000)],
  [
    'too much work',
    'let n = 0; for (let i = 0; i < 120000; i++) n += i; return n;',
    STOPPED_BY_GAS,
  ],
  ['much memory', "return 'x'.repeat(13e6).length;", done(13e6)],
  ['too much memory', "return 'x'.repeat(17e6).length;", STOPPED_BY_MEMORY],
  [
    'keys in an order of their own',
    "db.set('o', { b: 1, a: 2 }); return Object.keys(db.get('o'));",
    done(['a', 'b']),
  ],
  // Endless loops.
  ['an endless loop', 'for (;;) {}', STOPPED_BY_GAS],
  ['an endless loop that catches', 'for (;;) { try { for (;;) {} } catch {} }', STOPPED_BY_GAS],
  ['an endless loop in finally', 'try { for (;;) {} } finally { return 1; }', STOPPED_BY_GAS],
  [
    'an endless generator',
    'for (const x of (function* () { for (;;) yield 1; })()) {}',
    STOPPED_BY_GAS,
  ],
  ['a getter that never ends', 'return { get x() { for (;;) {} } }.x;', STOPPED_BY_GAS],
  ['a list that is read for ever', `for (;;) db.list('', 10);`, STOPPED_BY_GAS],
  [
    'a search through nothing',
    'return [].indexOf.call({ length: 2 ** 53 - 1 }, 1);',
    STOPPED_BY_GAS,
  ],
  ['a set of endless nothing', 'new Set([].values.call({ length: 2 ** 53 - 1 }));', STOPPED_BY_GAS],
  // Memory.
  [
    'a memory bomb',
    `const a = []; for (;;) a[a.length] = 'x'.repeat(1e5) + a.length;`,
    STOPPED_BY_MEMORY,
  ],
  [
    'a memory bomb that catches',
    `for (;;) { try { 'x'.repeat(1e9); } catch {} }`,
    STOPPED_BY_MEMORY,
  ],
  ['a huge repeat', `return 'x'.repeat(5e8).length;`, STOPPED_BY_MEMORY],
  ['a huge padding', `return 'x'.padEnd(5e8, 'ab').length;`, STOPPED_BY_MEMORY],
  ['a doubling text', `let s = 'x'; for (;;) s += s + s.length;`, STOPPED_BY_MEMORY],
  [
    'an array that is copied from a length',
    'return Array.from({ length: 2 ** 31 }).length;',
    STOPPED_BY_MEMORY,
  ],
  ['bytes without end', 'return new Uint8Array(2 ** 30).length;', STOPPED_BY_MEMORY],
  // Stack.
  ['deep recursion', '(function f() { f(); })();', OVERFLOW],
  [
    'deep recursion that is caught',
    'try { (function f() { f(); })(); } catch { return 1; }',
    done(1),
  ],
  ['deep JSON', `JSON.parse('['.repeat(1e6));`, thrown('not a function')],
  [
    'a chain of bound functions',
    'let f = () => 1; for (let i = 0; i < 2000; i++) f = f.bind(null); return f();',
    OVERFLOW,
  ],
  [
    'a chain of generators',
    `function* nest(n) { if (n > 0) yield* nest(n - 1); yield n; }
     for (const x of nest(1e5)) return x;`,
    OVERFLOW,
  ],
  [
    'a rope of texts',
    `let s = ''; for (let i = 0; i < 2000; i++) s = i % 2 ? s + 'xy' : 'yx' + s;
     return s.charCodeAt(3);`,
    done(120),
  ],
  ['deep getters', 'const o = { get x() { return this.x; } }; return o.x;', OVERFLOW],
  ['deep conversions', 'const o = { toString() { return `${o}`; } }; return `${o}`;', OVERFLOW],
  ['deep comparisons', '[1, 2].sort(function f() { return [2, 1].sort(f)[0]; });', OVERFLOW],
  ['deep classes', 'class A { constructor() { new A(); } } new A();', OVERFLOW],
  [
    'deep iterators',
    'const o = { [Symbol.iterator]() { return [...o]; } }; return [...o];',
    OVERFLOW,
  ],
  [
    'data that nest deep',
    'let o = {}; for (let i = 0; i < 1e4; i++) o = { o }; return JSON.stringify(o);',
    thrown('JSON nests at most 64 deep'),
  ],
  ['an array that holds itself', 'const a = []; a.push(a); return a.join();', OVERFLOW],
  // Calls that nothing interrupts.
  ['a join of nothing', `return new Array(2 ** 32 - 1).join('');`, TOO_MANY_ITEMS],
  ['a text of nothing', 'return String(new Array(2 ** 32 - 1));', TOO_MANY_ITEMS],
  ['a sort of nothing', 'new Array(2 ** 32 - 1).sort();', TOO_MANY_ITEMS],
  ['a slice of nothing', 'new Array(2 ** 32 - 1).slice(1);', TOO_MANY_ITEMS],
  ['a concatenation of nothing', '[].concat(new Array(2 ** 32 - 1));', TOO_MANY_ITEMS],
  ['a shift of nothing', 'new Array(2 ** 32 - 1).shift();', TOO_MANY_ITEMS],
  [
    'a reversal of what is no array',
    '[].reverse.call({ length: 2 ** 53 - 1 });',
    thrown('only arrays have this'),
  ],
  ['JSON of nothing', 'return JSON.stringify(new Array(2 ** 32 - 1));', TOO_MANY_ITEMS],
  [
    'flat',
    'return [typeof [].flat, typeof [].copyWithin, typeof String.raw];',
    done(['undefined', 'undefined', 'undefined']),
  ],
  [
    'a long search',
    `const s = 'a'.repeat(1e6); return s.indexOf('a'.repeat(5e5) + 'b');`,
    NO_SEARCH,
  ],
  ['a long split', `const s = 'a'.repeat(1e6); return s.split('a'.repeat(5e5) + 'b');`, NO_SEARCH],
  // What is not there.
  [
    'clocks, chance, network and new code',
    `return [typeof Date, typeof Math.random, typeof fetch, typeof Function, typeof eval,
      typeof WeakRef, typeof FinalizationRegistry, typeof Promise, typeof Proxy, typeof Reflect,
      typeof BigInt, typeof RegExp, typeof setTimeout, typeof queueMicrotask, typeof performance,
      typeof Float64Array, typeof SharedArrayBuffer].every((type) => type === 'undefined');`,
    done(true),
  ],
  ['a constructor of functions', `return typeof (() => 1).constructor;`, done('function')],
  ['code of text', `return (() => 1).constructor('return 1')();`, thrown('not a function')],
  [
    'code of text by a generator',
    `return (function* () {}).constructor('yield 1')().next().value;`,
    thrown('not a function'),
  ],
  ['direct eval', `return eval('1');`, thrown('eval is not defined')],
  ['an async function', 'return (async () => 1)();', thrown('not a function')],
  [
    'stack traces that hand out functions',
    'Error.prepareStackTrace = (e, s) => s;',
    thrown('object is not extensible'),
  ],
  // What entries could leave for one another.
  [
    'a change of Object.prototype',
    'Object.prototype.polluted = 1;',
    thrown('object is not extensible'),
  ],
  ['a change of Array.prototype', 'Array.prototype.push = () => 7;', thrown("'push' is read-only")],
  ['a change of a method of db', 'db.get.left = 1;', thrown('object is not extensible')],
  ['a change of db', 'db.left = 1;', thrown('object is not extensible')],
  ['a global', 'globalThis.left = 1;', thrown('object is not extensible')],
  [
    'a prototype of generators',
    '(function* () {}).prototype.__proto__.left = 1;',
    thrown('object is not extensible'),
  ],
  ['a variable beside handle', 'count++; return count;', done(1)],
  [
    'a value that is changed after it was read',
    `db.set('o', { n: 1 }); db.get('o').n = 2;`,
    thrown("'n' is read-only"),
  ],
  [
    'bytes that are changed after they were written',
    `const b = new Uint8Array([1]); db.set('b', b); b[0] = 2; db.get('b')[0] = 3;
     return db.get('b')[0];`,
    done(1),
  ],
  // What is no data.
  ['a function as a value', `db.set('f', () => 1);`, thrown('a function is no data')],
  ['a function as a result', 'return () => 1;', thrown('a function is no data')],
  [
    'a getter as a value',
    `db.set('g', { get x() { return 1; } });`,
    thrown('data has neither holes nor getters'),
  ],
  [
    'a getter in an array',
    `const a = []; Object.defineProperty(a, 0, { get() { return 1; } }); db.set('g', a);`,
    thrown('data has neither holes nor getters'),
  ],
  ['a hole', `db.set('h', [, 1]);`, thrown('data has neither holes nor getters')],
  [
    'a long array of nothing',
    `db.set('h', new Array(2 ** 32 - 1));`,
    thrown('a value is larger than allowed'),
  ],
  ['a map', `db.set('m', new Map());`, thrown('only plain objects, arrays and bytes are data')],
  [
    'an instance',
    `db.set('m', new (class A {})());`,
    thrown('only plain objects, arrays and bytes are data'),
  ],
  ['false bytes', `db.set('b', Object.create(Uint8Array.prototype));`, thrown('not a TypedArray')],
  ['an own __proto__', `db.set('p', { ['__proto__']: 1 });`, thrown('no key of data')],
  [
    'a symbol as a key',
    `db.set('s', { [Symbol.iterator]: 1 });`,
    thrown('a symbol is no key of data'),
  ],
  ['a fraction', `db.set('n', 0.5);`, thrown('no integer: 0.5')],
  ['no number', `db.set('n', 0 / 0);`, thrown('no integer: NaN')],
  ['minus zero', `db.set('n', -0);`, thrown('no integer: 0')],
  ['too large an integer', `db.set('n', 2 ** 53);`, thrown('no integer: 9007199254740992')],
  ['half a pair', String.raw`db.set('t', '\ud800');`, thrown('half a surrogate pair is no text')],
  [
    'a value that holds itself',
    `const o = {}; o.o = o; db.set('o', o);`,
    thrown('data nests at most 12 deep'),
  ],
  ['a large value', `db.set('v', 'x'.repeat(20000));`, thrown('a value is larger than allowed')],
  ['a long key', `db.set('k'.repeat(257), 1);`, thrown('a key is text of 1 to 256 characters')],
  [
    'a key that is no text',
    `db.set({ toString() { return 'k'; } }, 1);`,
    thrown('a key is text of 1 to 256 characters'),
  ],
  [
    'many writes',
    `for (let i = 0; ; i++) db.set('k' + i, 1);`,
    thrown('too many writes in one action'),
  ],
  ['a long list', `db.list('', 257);`, thrown('a list has 0 to 256 rows')],
  [
    'state of megabytes',
    `for (let i = 0; i < 256; i++) db.set('k' + i, 'x'.repeat(16000)); return 1;`,
    done(1),
  ],
  // What is thrown.
  ['a thrown text', `throw 'words';`, thrown('words')],
  ['a thrown nothing', 'throw null;', thrown('threw a object')],
  ['a thrown getter', 'throw { get message() { for (;;) {} } };', thrown('threw an object')],
  ['a thrown function', 'throw () => 1;', thrown('threw a function')],
  ['a long message', `throw new Error('x'.repeat(300));`, thrown('x'.repeat(200))],
].map(([name, body, expected]) => ({ name, body, expected }) as HostileCase);

/** A function of its own for a case: what it leaves behind would be seen by the next action. */
export function sourceOfCase({ body }: HostileCase): string {
  return `let count = 0;\nexport function handle(db, action, ctx) {\n${body}\n}\n`;
}

/** What each case comes to when all run in one processor, in this order. */
export async function runHostileCases(
  engine: Engine,
  cases: readonly HostileCase[],
): Promise<{ readonly outcomes: readonly EntryOutcome[]; readonly root: Uint8Array }> {
  const processor = openProcessor(engine);
  const deployments = cases.map((one) => deploymentOf(engine, sourceOfCase(one)));
  const deploys = deployments.map((body, index) => entryOf(index, 'deploy', body));
  const actions = deployments.map((body, at) =>
    entryOf(cases.length + at, functionIdOf(body), { any: 'action' }),
  );
  try {
    const deployed = await processor.apply(deploys);
    const failed = deployed.find(({ kind }) => kind !== 'done');
    if (failed !== undefined) throw new Error(`a case was not deployed: ${JSON.stringify(failed)}`);
    return { outcomes: await processor.apply(actions), root: processor.root() };
  } finally {
    processor.dispose();
  }
}

function deploymentOf(engine: Engine, source: string) {
  return { engine: engine.id, source, governance: null };
}

function entryOf(index: number, id: string, body: CanonicalValue): Entry {
  return {
    index,
    atMs: 1_700_000_000_000,
    caller: 'mallory',
    anchor: `${index}`,
    function: id,
    body,
  };
}

// Each nests so deep that a parser which follows it would leave the browser's own stack.
export const DEEP_SOURCES: readonly (readonly [name: string, source: string])[] = [
  ['brackets', '[', ']'],
  ['braces', '{', '}'],
  ['signs', '!', ''],
  ['arrows', 'x=>', ''],
  ['choices', 'x?1:', ''],
  ['conditions', 'if(x)', ''],
  ['powers', 'x**', ''],
  ['constructions', 'new ', ''],
  ['assignments', 'x=', ''],
  ['functions', '(function () {', '})'],
  ['templates', '`${', '}`'],
].map(([name, open = '', close = '']) => {
  const count = Math.floor(40_000 / (open.length + close.length));
  const text = `${open.repeat(count)}x${close.repeat(count)}`;
  return [`deep ${name}`, `export function handle(x) {\n${text};\n}`];
});

/** What deploying each of them comes to: the reason of its refusal, or what else happened. */
export async function deployDeepSources(engine: Engine): Promise<readonly string[]> {
  const processor = openProcessor(engine);
  const entries = DEEP_SOURCES.map(([, source], index) =>
    entryOf(index, 'deploy', deploymentOf(engine, source)),
  );
  try {
    const outcomes = await processor.apply(entries);
    return outcomes.map((one) => (one.kind === 'refused' ? one.detail : one.kind));
  } finally {
    processor.dispose();
  }
}
