import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { failure } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { parseProxies } from '../access/trusted-proxies.ts';
import { parseDatabaseAddress } from '../database/database-address.ts';
import { parseSetting, type Setting } from './setting.ts';
import { SETTINGS, type OrchestratorConfig } from './settings.ts';

type Name = keyof OrchestratorConfig;
type Values = Readonly<Record<string, unknown>>;

// The keys of SETTINGS are the names, by its type.
const NAMES = Object.keys(SETTINGS) as Name[];

/** Where values come from; what is undefined was not given. */
export type ConfigSources = {
  /** By setting name (`tlsCert`), as a command line gives them: text, or true and false. */
  readonly flags: Values;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A JSON file of settings by name; null for none. */
  readonly file: string | null;
};

/**
 * The configuration: flags before environment before file before defaults.
 *
 * Errors: "config_invalid", naming the source and what is allowed.
 */
export function resolveConfig(sources: ConfigSources): Outcome<OrchestratorConfig> {
  const file = sources.file === null ? succeed<Values>({}) : readConfigFile(sources.file);
  if (!file.ok) return file;
  const config: Partial<Record<Name, unknown>> = {};
  for (const name of NAMES) {
    const value = valueOf(name, { ...sources, fileValues: file.value });
    if (!value.ok) return value;
    config[name] = value.value;
  }
  // Each name was given the value that its own setting parsed.
  return consistent(config as OrchestratorConfig);
}

/** The configuration of tests and embedders: defaults with some values changed, unchecked. */
export function configWith(changes: Partial<OrchestratorConfig>): OrchestratorConfig {
  const defaults = Object.fromEntries(NAMES.map((name) => [name, SETTINGS[name].fallback]));
  // As above: each setting's fallback is of its own type.
  return { ...(defaults as OrchestratorConfig), ...changes };
}

/** Where the store lies. */
export function dataFolder(config: OrchestratorConfig): string {
  return config.data ?? join(config.home, 'orchestrator');
}

/** The configuration as a JSON file that `--config` takes, without the database's password. */
export function printConfig(config: OrchestratorConfig): string {
  const address = config.database === null ? null : parseDatabaseAddress(config.database);
  const database = address?.ok === true ? address.value.shown : null;
  return JSON.stringify({ ...config, data: dataFolder(config), database }, null, 2);
}

/** One flag of the command line, made from its setting. */
export type ConfigFlag = {
  readonly name: Name;
  /** As in `--port <PORT>`, `--no-welcome-job`. */
  readonly syntax: string;
  /** With unit, allowed values, default and environment variable. */
  readonly help: string;
};

/** The flags of all settings, in the order of help. */
export function configFlags(): readonly ConfigFlag[] {
  return NAMES.map((name) => {
    const setting: Setting<unknown> = SETTINGS[name];
    const syntax = flagSyntax(setting);
    const unit = setting.unit === null ? '' : ` in ${setting.unit}`;
    const fallback = setting.fallback === null ? '' : `; default ${String(setting.fallback)}`;
    const shown = Array.isArray(setting.fallback) ? '; default none' : fallback;
    const help = `${setting.doc} (${setting.allowed}${unit}${shown}; ${setting.environment})`;
    // The flag takes no value and says the opposite of its setting.
    const negated = `${setting.doc} (or ${setting.environment}=false)`;
    return { name, syntax, help: syntax.startsWith('--no-') ? negated : help };
  });
}

function flagSyntax(setting: Setting<unknown>): string {
  if (setting.placeholder !== null) return `--${setting.flag} <${setting.placeholder}>`;
  return setting.fallback === true ? `--no-${setting.flag}` : `--${setting.flag}`;
}

function valueOf(name: Name, sources: ConfigSources & { fileValues: Values }): Outcome<unknown> {
  const setting: Setting<unknown> = SETTINGS[name];
  const given = [
    { value: sources.flags[name], from: `--${setting.flag}` },
    { value: sources.environment[setting.environment], from: setting.environment },
    { value: sources.fileValues[name], from: `"${name}" in ${sources.file}` },
  ].find(({ value }) => value !== undefined);
  return given === undefined ? succeed(setting.fallback) : parseSetting(setting, given);
}

function readConfigFile(path: string): Outcome<Values> {
  const invalid = (text: string): Outcome<never> =>
    fail(failure('config_invalid', `the configuration file ${path} ${text}.`));
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    return invalid(`cannot be read (${messageOf(cause)}). Check --config`);
  }
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch (cause) {
    return invalid(`is not JSON (${messageOf(cause)}). Correct it`);
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    return invalid('is not a JSON object. Write {"port": 8080}, for example');
  }
  const unknown = Object.keys(values).find((key) => !NAMES.some((name) => name === key));
  if (unknown !== undefined) {
    return invalid(`has an unknown setting "${unknown}". Allowed are ${NAMES.join(', ')}`);
  }
  return succeed({ ...values });
}

function consistent(config: OrchestratorConfig): Outcome<OrchestratorConfig> {
  const proxies = parseProxies(config.trustedProxy);
  if (!proxies.ok) return proxies;
  const isGateway = config.archive !== null && /^https?:\/\//.test(config.archive);
  if (isGateway !== (config.archiveBundler !== null)) {
    const text = 'a gateway in --archive and a URL in --archive-bundler belong together';
    return fail(failure('config_invalid', `${text}. Give both, or a folder.`));
  }
  if ((config.tlsCert === null) === (config.tlsKey === null)) return succeed(config);
  const missing = config.tlsCert === null ? '--tls-cert' : '--tls-key';
  return fail(failure('config_invalid', `TLS needs certificate and key. Add ${missing}.`));
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
