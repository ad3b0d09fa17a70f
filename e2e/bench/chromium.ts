import { Program, until } from '../network/processes.ts';
import { QUIET_SWITCHES } from '../setup/browser-switches.ts';
import { removeFolder, temporaryFolder } from './leftovers.ts';

/** A browser as benches need it. */
export type Chromium = {
  openPage(): Promise<BenchPage>;
  close(): Promise<void>;
};

export type BenchPage = {
  /** Begins a navigation; `first` runs in the page before anything of its own. */
  visit(url: string, first?: string): Promise<void>;
  /** Calls a function in the page, with a value that JSON carries; awaits what it returns. */
  call<Value, Result>(run: (value: Value) => Result, value: Value): Promise<Awaited<Result>>;
  /** Waits until a function in the page gives something else than null or undefined. */
  once<Value, Result>(
    run: (value: Value) => Result,
    value: Value,
  ): Promise<NonNullable<Awaited<Result>>>;
  close(): Promise<void>;
};

/**
 * Opens Chromium as a visitor has it, headless, with a profile that lasts where one is given: no
 * switch that a page could notice but those given, thus WebGPU only where there is a real adapter.
 *
 * Not by Playwright: it watches every request of every worker, which costs the browser more than
 * the agent itself.
 */
export async function openChromium(
  executablePath: string,
  {
    profile,
    switches = [],
  }: { readonly profile?: string; readonly switches?: readonly string[] } = {},
): Promise<Chromium> {
  const folder = profile ?? temporaryFolder();
  const program = new Program(
    [...SWITCHES, ...switches, `--user-data-dir=${folder}`, 'about:blank'],
    {
      program: executablePath,
    },
  );
  const address = await until('the browser', async () => LISTENING.exec(program.stderr)?.[1]);
  const devTools = await connect(address);
  return {
    openPage: () => openPage(devTools),
    close: async () => {
      // It answers before it has ended.
      await devTools.send('Browser.close').catch(() => undefined);
      await program.ended;
      if (profile === undefined) removeFolder(folder);
    },
  };
}

const LISTENING = /DevTools listening on (ws:\S+)/;
const SWITCHES = [
  '--headless',
  ...QUIET_SWITCHES,
  // A tab that nobody looks at would be slowed down; a contributor's own is looked at.
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
  '--remote-debugging-port=0',
];

const LOOK_MS = 25;
const ONCE_MS_MAX = 60_000;

async function openPage(devTools: DevTools): Promise<BenchPage> {
  const { targetId } = await devTools.send('Target.createTarget', { url: 'about:blank' });
  const attached = await devTools.send('Target.attachToTarget', { targetId, flatten: true });
  const sessionId = String(attached['sessionId']);
  const send: DevTools['send'] = (method, params) => devTools.send(method, params, sessionId);
  await send('Page.enable');
  const call: BenchPage['call'] = async (run, value) => {
    const expression = `(${run.toString()})(${JSON.stringify(value)})`;
    const options = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await send('Runtime.evaluate', options);
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    // What the function returned, as far as JSON carries it.
    return (result as { readonly value: never }).value;
  };
  return {
    call,
    visit: async (url, first) => {
      if (first !== undefined) {
        await send('Page.addScriptToEvaluateOnNewDocument', { source: first });
      }
      await send('Page.navigate', { url });
    },
    once: async (run, value) => {
      const untilMs = performance.now() + ONCE_MS_MAX;
      let trouble: unknown = null;
      while (performance.now() < untilMs) {
        // A page that is just being left has no answer.
        const found = await call(run, value).catch((cause: unknown) => {
          trouble = cause;
          return null;
        });
        if (found !== null && found !== undefined) return found;
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
      throw new Error(`waited ${ONCE_MS_MAX} ms for the page`, { cause: trouble });
    },
    close: async () => void (await devTools.send('Target.closeTarget', { targetId })),
  };
}

type Answer = Readonly<Record<string, unknown>>;
type DevTools = {
  send(method: string, params?: object, sessionId?: string): Promise<Answer>;
};

/** The DevTools protocol: numbered calls over one WebSocket. */
async function connect(address: string): Promise<DevTools> {
  const socket = new WebSocket(address);
  const waiting = new Map<number, PromiseWithResolvers<Answer>>();
  let calls = 0;
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', () => reject(new Error(`no answer at ${address}`)));
  });
  socket.addEventListener('message', ({ data }) => {
    // The browser's own words; without an id they are events, which nobody asked for.
    const { id, result, error } = JSON.parse(String(data)) as {
      readonly id?: number;
      readonly result?: Answer;
      readonly error?: { readonly message: string };
    };
    const call = id === undefined ? undefined : waiting.get(id);
    if (id === undefined || call === undefined) return;
    waiting.delete(id);
    if (result === undefined) call.reject(new Error(error?.message));
    else call.resolve(result);
  });
  socket.addEventListener('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('the browser ended'));
  });
  return {
    send: (method, params = {}, sessionId) => {
      const call = Promise.withResolvers<Answer>();
      calls += 1;
      waiting.set(calls, call);
      socket.send(JSON.stringify({ id: calls, method, params, sessionId }));
      return call.promise;
    },
  };
}
