import { spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { once } from 'node:events';
import { Program, until } from '../../../network/processes.ts';
import { installDebianPackages } from '../../../setup/debian-packages.ts';

const START_MS_MAX = 10_000;

export type RunningServer = { stop(): Promise<void> };

/** Starts a server of Debian's, installing it where that is possible; or says why not. */
export async function startServer(server: {
  readonly program: string;
  readonly package: string;
  readonly args: readonly string[];
  readonly port: number;
}): Promise<RunningServer | { readonly skipped: string }> {
  if (!isHere(server.program)) {
    const purpose = 'For the bench of peers';
    await installDebianPackages([server.package], { purpose });
    if (!isHere(server.program)) return { skipped: `${server.program} cannot be installed here` };
  }
  const running = new Program(server.args, { program: server.program });
  try {
    await until(server.program, () => answers(server.port), START_MS_MAX);
  } catch {
    await running.killHard();
    const said = `${running.stdout}${running.stderr}`.trim().split('\n').at(-1);
    return { skipped: `${server.program} did not start: ${said}` };
  }
  return { stop: () => running.killHard() };
}

function isHere(program: string): boolean {
  return spawnSync(program, ['--version']).status === 0;
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
