import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  choiceSetting,
  integerSetting,
  listSetting,
  switchSetting,
  textSetting,
  type Setting,
} from './setting.ts';

/** What an orchestrator is started with. */
export type OrchestratorConfig = {
  readonly host: string;
  readonly port: number;
  readonly home: string;
  /** Null: the folder "orchestrator" within `home`. */
  readonly data: string | null;
  /** URL of the PostgreSQL that orchestrators share; it may hold a password. */
  readonly database: string | null;
  readonly tlsCert: string | null;
  readonly tlsKey: string | null;
  readonly web: string;
  readonly corsOrigins: readonly string[];
  readonly trustedProxy: readonly string[];
  readonly limitLoopback: boolean;
  /** Where volunteers may turn to; null: nowhere that is known. */
  readonly contact: string | null;
  readonly welcomeJob: boolean;
  readonly sandbox: boolean;
  readonly checkerThreads: number;
  readonly recordThreads: number;
  readonly diskReserve: number;
  /** Name of the log; null: made of its key. */
  readonly recordName: string | null;
  /** Null: the record's own log, and no witnesses. */
  readonly recordPolicy: string | null;
  /** Keys of those who decide appeals besides the operator; the record keeps those that it began with. */
  readonly judges: readonly string[];
  readonly publishEvery: number;
  readonly creditEvery: number;
  /** A folder, a gateway of Arweave, or "none"; null: the folder "archive" within `home`. */
  readonly archive: string | null;
  /** Where data items are posted for that gateway. */
  readonly archiveBundler: string | null;
  readonly logLevel: LogLevel;
};

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const PATH = /^[^\0]{1,4096}$/;

/**
 * Every setting, in the order of help.
 *
 * The store lies in the user's home and not where the command is typed: a network that forgets
 * its jobs because it was started from another folder would be a trap.
 */
export const SETTINGS = {
  host: textSetting({
    flag: 'host',
    environment: 'MANYHANDS_HOST',
    placeholder: 'HOST',
    unit: null,
    fallback: '127.0.0.1',
    allowed: 'a host name or IP address',
    doc: 'Address to listen on; 0.0.0.0 lets other machines in.',
    pattern: /^[A-Za-z0-9.:_-]{1,253}$/,
  }),
  port: integerSetting({
    flag: 'port',
    environment: 'MANYHANDS_PORT',
    placeholder: 'PORT',
    unit: null,
    fallback: 8080,
    min: 0,
    max: 65_535,
    doc: 'TCP port of everything: page, RPC and blocks; 0 takes a free one.',
  }),
  home: textSetting({
    flag: 'home',
    environment: 'MANYHANDS_HOME',
    placeholder: 'DIR',
    unit: null,
    fallback: join(homedir(), '.manyhands'),
    allowed: 'a path',
    doc: "Folder that this user's commands share: where the CLI finds the API key by itself.",
    pattern: PATH,
  }),
  data: textSetting({
    flag: 'data',
    environment: 'MANYHANDS_DATA',
    placeholder: 'DIR',
    unit: null,
    fallback: null,
    allowed: 'a path',
    doc: 'Folder of the store (log, blocks, API key); by default "orchestrator" within --home.',
    pattern: PATH,
  }),
  database: textSetting({
    flag: 'database',
    environment: 'MANYHANDS_DATABASE',
    placeholder: 'URL',
    unit: null,
    fallback: null,
    allowed: 'a URL such as postgres://user:password@host:5432/database',
    doc: 'PostgreSQL to keep everything in, which several orchestrators share.',
    pattern: /^postgres(ql)?:\/\/[^\0\s]{1,2000}$/,
    isSecret: true,
  }),
  tlsCert: textSetting({
    flag: 'tls-cert',
    environment: 'MANYHANDS_TLS_CERT',
    placeholder: 'FILE',
    unit: null,
    fallback: null,
    allowed: 'a path of a PEM file, with --tls-key',
    doc: 'Certificate chain: serve TLS.',
    pattern: PATH,
  }),
  tlsKey: textSetting({
    flag: 'tls-key',
    environment: 'MANYHANDS_TLS_KEY',
    placeholder: 'FILE',
    unit: null,
    fallback: null,
    allowed: 'a path of a PEM file, with --tls-cert',
    doc: 'Private key of the certificate.',
    pattern: PATH,
  }),
  web: textSetting({
    flag: 'web',
    environment: 'MANYHANDS_WEB',
    placeholder: 'DIR',
    unit: null,
    fallback: builtPage(),
    allowed: 'a path',
    doc: 'Folder of the built page.',
    pattern: PATH,
  }),
  corsOrigins: listSetting({
    flag: 'cors-origins',
    environment: 'MANYHANDS_CORS_ORIGINS',
    placeholder: 'LIST',
    unit: null,
    fallback: [],
    allowed: 'origins such as https://example.org, separated by commas',
    doc: 'Origins of other pages that may call the RPCs from a browser.',
    pattern: /^https?:\/\/[A-Za-z0-9.-]+(:\d{1,5})?$/,
  }),
  trustedProxy: listSetting({
    flag: 'trusted-proxy',
    environment: 'MANYHANDS_TRUSTED_PROXY',
    placeholder: 'LIST',
    unit: null,
    fallback: [],
    allowed: 'networks such as 10.0.0.0/8, addresses, or loopback, separated by commas',
    doc: 'Proxies in front, whose X-Forwarded-For says who calls; otherwise it is not read.',
    pattern: /^(loopback|[0-9A-Fa-f.:]{2,45}(\/\d{1,3})?)$/,
  }),
  limitLoopback: switchSetting({
    flag: 'limit-loopback',
    environment: 'MANYHANDS_LIMIT_LOOPBACK',
    fallback: false,
    doc: "Holds this machine's own callers to the limits of address ranges too.",
  }),
  contact: textSetting({
    flag: 'contact',
    environment: 'MANYHANDS_CONTACT',
    placeholder: 'TEXT',
    unit: null,
    fallback: null,
    allowed: 'one line of at most 200 characters',
    doc: 'Where volunteers may turn to, as a mail address or a page; everybody sees it.',
    pattern: /^[^\p{Cc}]{1,200}$/u,
  }),
  welcomeJob: switchSetting({
    flag: 'welcome-job',
    environment: 'MANYHANDS_WELCOME_JOB',
    fallback: true,
    doc: 'No small job for a new store, where the first visitor otherwise sees work.',
  }),
  sandbox: switchSetting({
    flag: 'sandbox',
    environment: 'MANYHANDS_SANDBOX',
    fallback: false,
    doc: 'A place to attack: agents may lie on purpose (agent --lie). Not for work that counts.',
  }),
  checkerThreads: integerSetting({
    flag: 'checker-threads',
    environment: 'MANYHANDS_CHECKER_THREADS',
    placeholder: 'COUNT',
    unit: 'threads',
    fallback: 1,
    min: 1,
    max: 64,
    doc: 'Threads that check results.',
  }),
  recordThreads: integerSetting({
    flag: 'record-threads',
    environment: 'MANYHANDS_RECORD_THREADS',
    placeholder: 'COUNT',
    unit: 'threads',
    fallback: 1,
    min: 0,
    max: 16,
    doc: "Threads that verify entries of the record and sign for it; 0: Node's own few do.",
  }),
  diskReserve: integerSetting({
    flag: 'disk-reserve',
    environment: 'MANYHANDS_DISK_RESERVE',
    placeholder: 'MIB',
    unit: 'MiB',
    fallback: 256,
    min: 0,
    max: 1_048_576,
    doc: 'Free space below which no more blocks are taken.',
  }),
  recordName: textSetting({
    flag: 'record-name',
    environment: 'MANYHANDS_RECORD_NAME',
    placeholder: 'NAME',
    unit: null,
    fallback: null,
    allowed: 'a name without spaces and plus, best a domain and a path that are yours',
    doc: 'Name of the record, for ever; by default made of its key.',
    pattern: /^[A-Za-z0-9._~/-]{1,100}$/,
  }),
  recordPolicy: textSetting({
    flag: 'record-policy',
    environment: 'MANYHANDS_RECORD_POLICY',
    placeholder: 'FILE',
    unit: null,
    fallback: null,
    allowed: 'a path of a C2SP tlog-policy',
    doc: 'Who cosigns the record, and whose records are watched and cosigned here.',
    pattern: PATH,
  }),
  judges: listSetting({
    flag: 'judges',
    environment: 'MANYHANDS_JUDGES',
    placeholder: 'LIST',
    unit: null,
    fallback: [],
    allowed: 'public keys of 43 letters, separated by commas',
    doc: 'Keys that decide appeals against quarantines; told when a record begins.',
    pattern: /^[A-Za-z0-9_-]{43}$/,
  }),
  publishEvery: integerSetting({
    flag: 'publish-every',
    environment: 'MANYHANDS_PUBLISH_EVERY',
    placeholder: 'MS',
    unit: 'milliseconds',
    fallback: 2_000,
    min: 50,
    max: 300_000,
    doc: 'How often the record is published where something is new.',
  }),
  creditEvery: integerSetting({
    flag: 'credit-every',
    environment: 'MANYHANDS_CREDIT_EVERY',
    placeholder: 'MS',
    unit: 'milliseconds',
    fallback: 5_000,
    min: 10,
    max: 60_000,
    doc: 'How long accepted tasks wait to share an entry of the record.',
  }),
  archive: textSetting({
    flag: 'archive',
    environment: 'MANYHANDS_ARCHIVE',
    placeholder: 'DIR|URL',
    unit: null,
    fallback: null,
    allowed: 'a path, a URL such as https://arweave.net, or none',
    doc: 'Where the record outlives this machine: a folder, best on another disk (by default "archive" within --home), a gateway of Arweave, or none.',
    pattern: PATH,
  }),
  archiveBundler: textSetting({
    flag: 'archive-bundler',
    environment: 'MANYHANDS_ARCHIVE_BUNDLER',
    placeholder: 'URL',
    unit: null,
    fallback: null,
    allowed: 'a URL such as https://upload.ardrive.io/v1/tx',
    doc: 'Where data items are posted (ANS-104) that the gateway of --archive then has.',
    pattern: /^https?:\/\/[^\0\s]{1,2000}$/,
  }),
  logLevel: choiceSetting({
    flag: 'log-level',
    environment: 'MANYHANDS_LOG_LEVEL',
    placeholder: 'LEVEL',
    choices: LOG_LEVELS,
    fallback: 'info',
    doc: 'Least severe lines to write to stderr.',
  }),
} satisfies { [Name in keyof OrchestratorConfig]: Setting<OrchestratorConfig[Name]> };

/** The page beside this package: from the sources as from `dist/js`. */
function builtPage(): string {
  const path = fileURLToPath(import.meta.url);
  const root = /^(.*?)[\\/](?:dist[\\/]js[\\/])?src[\\/]orchestrator[\\/]config[\\/]/.exec(path);
  return join(root?.[1] ?? '.', 'dist', 'web');
}
