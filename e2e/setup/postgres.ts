import { spawnSync, type SpawnSyncOptions } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../network/processes.ts';
import { installDebianPackages } from './debian-packages.ts';

/** Tells tests where the server of their run is. */
export const POSTGRES_VARIABLE = 'MANYHANDS_TEST_POSTGRES';

/** Where Debian puts PostgreSQL: a folder a version, none of them in PATH. */
const DEBIAN_VERSIONS = '/usr/lib/postgresql';
/** Ports that were free and taken by another in the same moment. */
const STARTS_MAX = 3;
/** Longest that a cluster may take to be made, started or stopped. */
const COMMAND_MS_MAX = 120_000;

export type PostgresServer = {
  /** Of its superuser: `postgres://postgres:…@127.0.0.1:…/postgres`. */
  readonly url: string;
  /** Stops it and removes what it stored; a second time does nothing. */
  stop(): void;
};

/** Who a server runs as: PostgreSQL refuses to run as root. */
type Account = { readonly uid?: number; readonly gid?: number };

/**
 * Starts a PostgreSQL of its own, on a free port of 127.0.0.1 and in a temporary folder, syncing
 * to disk as in production. Installs Debian's where none is here and that is possible.
 *
 * It ends with this process, or before. Null: none can be had here, and why was printed.
 */
export async function startPostgres(): Promise<PostgresServer | null> {
  const bin = findPostgres() ?? (await installPostgres());
  if (bin === null) return without('it is not installed');
  const account = accountOf();
  if (account === null) return without('it refuses root, and there is no user "postgres"');
  const folder = mkdtempSync(join(tmpdir(), 'manyhands-postgres-'));
  const server = { bin, account, folder, password: randomBytes(18).toString('base64url') };
  try {
    if (account.uid !== undefined) chownSync(folder, account.uid, account.gid ?? account.uid);
    makeCluster(server);
    const port = await startOnFreePort(server);
    const stop = stopOnce(server);
    process.once('exit', stop);
    return { url: `postgres://postgres:${server.password}@127.0.0.1:${port}/postgres`, stop };
  } catch (cause) {
    rmSync(folder, { recursive: true, force: true });
    return without(cause instanceof Error ? cause.message : String(cause));
  }
}

/** The newest installed version's programs; null: none. */
function findPostgres(): string | null {
  if (!existsSync(DEBIAN_VERSIONS)) return null;
  const versions = readdirSync(DEBIAN_VERSIONS).sort((a, b) => Number(b) - Number(a));
  const folders = versions.map((version) => join(DEBIAN_VERSIONS, version, 'bin'));
  return folders.find((folder) => existsSync(join(folder, 'initdb'))) ?? null;
}

async function installPostgres(): Promise<string | null> {
  const purpose = 'For the tests of several orchestrators on one database';
  return (await installDebianPackages(['postgresql'], { purpose })) ? findPostgres() : null;
}

/** Null: this is root, and Debian's own account for the server is absent. */
function accountOf(): Account | null {
  if (process.getuid?.() !== 0) return {};
  const idOf = (flag: string): number | null => {
    const { status, stdout } = spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' });
    return status === 0 ? Number(stdout) : null;
  };
  const [uid, gid] = [idOf('-u'), idOf('-g')];
  return uid === null || gid === null ? null : { uid, gid };
}

type Server = {
  readonly bin: string;
  readonly account: Account;
  readonly folder: string;
  readonly password: string;
};

/** Passwords and not trust: others on this machine can reach 127.0.0.1 as well. */
function makeCluster(server: Server): void {
  const passwordFile = join(server.folder, 'password');
  writeFileSync(passwordFile, server.password, { mode: 0o600 });
  const { uid, gid } = server.account;
  if (uid !== undefined) chownSync(passwordFile, uid, gid ?? uid);
  const text = ['--encoding=UTF8', '--locale=C', '--no-instructions'];
  const access = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  run(server, 'initdb', [`--pgdata=${dataOf(server)}`, ...text, ...access]);
}

async function startOnFreePort(server: Server): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const settings = {
      listen_addresses: '127.0.0.1',
      port,
      // Debian's folder for sockets belongs to others.
      unix_socket_directories: '',
      max_connections: 200,
    };
    const options = Object.entries(settings).map(([name, value]) => `-c ${name}='${value}'`);
    const log = join(server.folder, 'log');
    try {
      run(server, 'pg_ctl', ['start', '-w', '-l', log, '-o', options.join(' ')]);
      return port;
    } catch (cause) {
      if (attempt === STARTS_MAX) throw cause;
    }
  }
}

function stopOnce(server: Server): () => void {
  let stopped = false;
  return () => {
    if (stopped) return;
    stopped = true;
    // Nothing of it will be read again: no need to let it write everything down.
    spawnSync(join(server.bin, 'pg_ctl'), ['stop', '-w', '-m', 'immediate'], spawnOptions(server));
    rmSync(server.folder, { recursive: true, force: true, maxRetries: 10 });
  };
}

/** Output goes to a file: the server inherits it, and a pipe would be waited for until it ends. */
function run(server: Server, program: string, args: readonly string[]): void {
  const path = join(server.folder, `${program}.out`);
  const output = openSync(path, 'w');
  const stdio: SpawnSyncOptions['stdio'] = ['ignore', output, output];
  const end = spawnSync(join(server.bin, program), args, { ...spawnOptions(server), stdio });
  closeSync(output);
  if (end.status === 0) return;
  const said = `${readFileSync(path, 'utf8')}${end.error?.message ?? ''}`;
  throw new Error(`${program} failed: ${said.trim().split('\n').slice(-3).join(' ')}`);
}

function spawnOptions(server: Server): SpawnSyncOptions {
  return {
    ...server.account,
    cwd: server.folder,
    env: { ...process.env, PGDATA: dataOf(server) },
    timeout: COMMAND_MS_MAX,
  };
}

function dataOf(server: Server): string {
  return join(server.folder, 'data');
}

function without(reason: string): null {
  console.log(`Without PostgreSQL: ${reason}. What needs it will be skipped.`);
  return null;
}

/** `node e2e/setup/run.mjs e2e/setup/postgres.ts`: a server to work with, until Ctrl-C. */
export async function main(): Promise<number> {
  const server = await startPostgres();
  if (server === null) return 1;
  console.log(`export ${POSTGRES_VARIABLE}=${server.url}`);
  const awake = setInterval(() => {}, COMMAND_MS_MAX);
  await new Promise((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve));
  clearInterval(awake);
  return 0;
}
