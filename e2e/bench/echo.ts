import { canPin, freePort, Program, until } from '../network/processes.ts';

/** The core of what is measured and that of its load; nothing is pinned where that cannot be. */
export const CORES = canPin()
  ? { server: { core: 0 }, load: { core: 1 } }
  : { server: {}, load: {} };
/** What a figure says of that. */
export const CORES_SHARE = canPin()
  ? 'the orchestrator on one core'
  : 'nothing pinned to a core: no taskset';

/**
 * What connect-node alone carries, in tasks a second: the same reports over the same core, answered
 * without work.
 */
export async function echoTasksPerSecond(of: {
  readonly sessions: number;
  readonly batch: number;
  readonly durationMs: number;
}): Promise<number> {
  const port = await freePort();
  const server = new Program([String(port)], { script: pathOf('echo-server'), ...CORES.server });
  try {
    await until('the echo server', async () => server.stdout.includes('ready'), 10_000);
    const numbers = [of.sessions, of.batch, of.durationMs].map(String);
    const load = new Program([`http://127.0.0.1:${port}`, ...numbers], {
      script: pathOf('echo-load'),
      ...CORES.load,
    });
    await load.ended;
    const rate = Number(load.stdout);
    if (!(rate > 0)) throw new Error(`the echo load measured nothing:\n${load.stderr}`);
    return rate;
  } finally {
    await server.killHard();
  }
}

function pathOf(script: string): string {
  return new URL(`${script}.ts`, import.meta.url).pathname;
}
