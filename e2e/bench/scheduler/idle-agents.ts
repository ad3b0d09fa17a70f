import { spawnSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort, Program, startNetwork, until } from '../../network/processes.ts';
import { CORES, CORES_SHARE } from '../echo.ts';
import { figureOf, type Line, type Run } from '../figure.ts';
import { removeFolder, temporaryFolder } from '../leftovers.ts';
import { cpuMsOf, residentBytesOf } from './process-use.ts';

const SUITE = 'scheduler';
const NAME = 'idle-10k-core-share';
const AGENTS = 10_000;
const WINDOWS = 3;
const WINDOW_MS = 30_000;
/** Until the first requests for work have ended and come again, spread over their time. */
const SETTLE_MS = 22_000;
const ATTACH_MS = 120_000;
/** Sockets, and what else a process opens. */
const FILES = AGENTS + 1_000;

type Attached = { readonly shares: readonly number[]; readonly bytesPerAgent: number };

/**
 * The share of a core that 10,000 agents cost who wait for work: requests held and answered, and
 * heartbeats, over a connection each from another process.
 */
export async function idleAgents(): Promise<readonly Line[]> {
  const files = openFilesMax();
  if (files !== null && files < FILES) {
    const skipped = `a process may open ${files} files here, and ${FILES} are needed: ulimit -n`;
    return [{ suite: SUITE, name: NAME, skipped }];
  }
  if (process.platform !== 'linux') {
    return [{ suite: SUITE, name: NAME, skipped: 'CPU time is read from Linux’s /proc' }];
  }
  const peer = await measurePeer();
  const ours = await measureOurs();
  const runs = ours.shares.map((share, index): Run => {
    return { value: share, ours: share, peer: peer.shares[index] ?? Number.NaN };
  });
  const kibOf = ({ bytesPerAgent }: Attached) => (bytesPerAgent / 1024).toFixed(1);
  return [
    figureOf(
      {
        suite: SUITE,
        name: NAME,
        unit: 'of a core',
        better: 'lower',
        work:
          `${AGENTS} agents, each a connection and a request for work held 20 s; ` +
          `${kibOf(ours)} KiB of memory an agent; ${CORES_SHARE}`,
        peer: `connect-node 2.2 alone, the same requests held and answered; ${kibOf(peer)} KiB`,
        goal: '<= 0.2',
      },
      runs,
    ),
  ];
}

async function measureOurs(): Promise<Attached> {
  const data = temporaryFolder();
  const port = await freePort();
  const args = ['--no-welcome-job', '--log-level', 'warn'];
  const network = await startNetwork({ port, data, args, ...CORES.server });
  try {
    return await measure(network, port);
  } finally {
    await network.interrupt();
    removeFolder(data);
  }
}

async function measurePeer(): Promise<Attached> {
  const port = await freePort();
  const server = new Program([String(port)], { script: pathOf('idle-server'), ...CORES.server });
  try {
    await until('the peer', async () => server.stdout.includes('ready'), 10_000);
    return await measure(server, port);
  } finally {
    await server.killHard();
  }
}

async function measure(server: Program, port: number): Promise<Attached> {
  const { pid } = server.child;
  if (pid === undefined) throw new Error('the server does not run');
  const before = residentBytesOf(pid);
  const load = new Program([`http://127.0.0.1:${port}`, String(AGENTS)], {
    script: pathOf('idle-load'),
    ...CORES.load,
  });
  try {
    const ended = load.ended.then(() => {
      throw new Error(`the load ended:\n${load.stderr}`);
    });
    const isAttached = async () => load.stdout.includes('attached');
    await Promise.race([until('agents', isAttached, ATTACH_MS), ended]);
    await Promise.race([pause(SETTLE_MS), ended]);
    const shares: number[] = [];
    while (shares.length < WINDOWS) {
      const [cpuMs, atMs] = [cpuMsOf(pid), performance.now()];
      await Promise.race([pause(WINDOW_MS), ended]);
      shares.push((cpuMsOf(pid) - cpuMs) / (performance.now() - atMs));
    }
    return { shares, bytesPerAgent: (residentBytesOf(pid) - before) / AGENTS };
  } finally {
    await load.killHard();
  }
}

/** Null where it cannot be told. Node raises its own limit as far as it may at its start. */
function openFilesMax(): number | null {
  const asked = spawnSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' });
  const text = asked.stdout?.trim() ?? '';
  if (text === 'unlimited') return Infinity;
  return /^\d+$/.test(text) ? Number(text) : null;
}

function pathOf(script: string): string {
  return new URL(`${script}.ts`, import.meta.url).pathname;
}
