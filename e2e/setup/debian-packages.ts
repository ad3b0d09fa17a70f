import { existsSync } from 'node:fs';
import { runProgram } from './program.ts';

/** Longest that apt may take, a browser's download included. */
const APT_MS_MAX = 10 * 60_000;

/**
 * Installs packages of Debian where that is possible: apt is there, and root or a sudo that asks
 * for nothing. Says what it does. False: not possible, or it failed.
 */
export async function installDebianPackages(
  packages: readonly string[],
  { purpose }: { purpose: string },
): Promise<boolean> {
  const apt = await aptCommand();
  if (apt === null) return false;
  // Not among what a bench prints as JSON.
  console.error(`${purpose}: ${[...apt, 'install', ...packages].join(' ')}`);
  const install = [...apt, 'install', '-y', '-q', '--no-install-recommends', ...packages];
  const options = {
    environment: { DEBIAN_FRONTEND: 'noninteractive' },
    timeoutMs: APT_MS_MAX,
  };
  let end = await runProgram(install, options);
  if (end.code !== 0) {
    // A fresh machine has no package lists yet.
    await runProgram([...apt, 'update', '-q'], options);
    end = await runProgram(install, options);
  }
  if (end.code !== 0) console.error(end.output.trim().split('\n').slice(-5).join('\n'));
  return end.code === 0;
}

async function aptCommand(): Promise<readonly string[] | null> {
  if (!existsSync('/usr/bin/apt-get')) return null;
  if (process.getuid?.() === 0) return ['apt-get'];
  const { code } = await runProgram(['sudo', '-n', 'true']);
  return code === 0 ? ['sudo', '-n', 'apt-get'] : null;
}
