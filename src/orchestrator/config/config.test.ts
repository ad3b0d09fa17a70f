import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configFlags, printConfig, resolveConfig, type ConfigSources } from './config.ts';

const folder = mkdtempSync(join(tmpdir(), 'manyhands-config-'));

function resolve(sources: Partial<ConfigSources>) {
  return resolveConfig({ flags: {}, environment: {}, file: null, ...sources });
}

function fileWith(text: string): string {
  const path = join(folder, `${Math.abs(hash(text))}.json`);
  writeFileSync(path, text);
  return path;
}

function hash(text: string): number {
  return [...text].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) | 0, 7);
}

describe('resolveConfig', () => {
  it('takes flags before environment before file before defaults', () => {
    const file = fileWith('{"port": 1, "host": "file", "logLevel": "warn"}');
    const environment = { MANYHANDS_PORT: '2', MANYHANDS_HOST: 'environment' };
    const outcome = resolve({ flags: { port: '3' }, environment, file });
    expect(outcome).toMatchObject({
      ok: true,
      value: { port: 3, host: 'environment', logLevel: 'warn', checkerThreads: 1 },
    });
  });

  it.each([
    ['0', true],
    ['8080', true],
    ['65535', true],
    ['65536', false],
    ['-1', false],
    ['80.5', false],
    ['http', false],
    ['', false],
  ])('with --port "%s" succeeds: %s', (port, ok) => {
    expect(resolve({ flags: { port } }).ok).toBe(ok);
  });

  it.each([
    [{ flags: { port: '70000' } }, /--port is "70000".*0 to 65535/],
    [{ environment: { MANYHANDS_LOG_LEVEL: 'loud' } }, /MANYHANDS_LOG_LEVEL.*debug, info/],
    [{ flags: { welcomeJob: 'maybe' } }, /--welcome-job.*true or false/],
    [{ flags: { corsOrigins: 'https://a.org/x' } }, /--cors-origins.*origins such as/],
    [{ flags: { tlsCert: 'a.pem' } }, /Add --tls-key/],
    [{ file: fileWith('{"port": "x"}') }, /"port" in .*0 to 65535/],
    [{ file: fileWith('{"prot": 1}') }, /unknown setting "prot".*port/],
    [{ file: fileWith('[]') }, /not a JSON object/],
    [{ file: fileWith('{') }, /not JSON/],
    [{ file: join(folder, 'absent.json') }, /cannot be read/],
  ])('refuses %j, saying what is allowed', (sources, message) => {
    const outcome = resolve(sources);
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'config_invalid' } });
    expect(!outcome.ok && outcome.failure.message).toMatch(message);
  });

  it('reads lists from commas and from JSON', () => {
    const origins = ['https://a.org', 'http://localhost:5173'];
    const flags = { corsOrigins: origins.join(', ') };
    const file = fileWith(JSON.stringify({ corsOrigins: origins }));
    expect(resolve({ flags })).toMatchObject({ value: { corsOrigins: origins } });
    expect(resolve({ file })).toMatchObject({ value: { corsOrigins: origins } });
  });
});

describe('the address of a database', () => {
  const secret = 'postgres://user:hunter2@host:5432/network';

  it('is taken, and printed without its password', () => {
    const config = resolve({ environment: { MANYHANDS_DATABASE: secret } });
    expect(config).toMatchObject({ ok: true, value: { database: secret } });
    const printed = config.ok ? printConfig(config.value) : '';
    expect(printed).toContain('postgres://user@host:5432/network');
    expect(printed).not.toContain('hunter2');
  });

  it('is not shown where it is mistyped', () => {
    const config = resolve({ flags: { database: secret.replace('postgres', 'mysql') } });
    expect(config.ok ? '' : config.failure.message).toContain('--database is not shown here');
    expect(JSON.stringify(config)).not.toContain('hunter2');
  });
});

describe('printConfig', () => {
  it('prints what --config takes back', () => {
    const config = resolve({ flags: { port: '9', data: '/d', welcomeJob: false } });
    const printed = config.ok ? printConfig(config.value) : '';
    expect(resolve({ file: fileWith(printed) })).toEqual(config);
  });
});

describe('configFlags', () => {
  it('names unit, allowed values, default and environment of each setting', () => {
    const flags = new Map(configFlags().map((flag) => [flag.name, flag]));
    expect(flags.get('port')).toEqual({
      name: 'port',
      syntax: '--port <PORT>',
      help:
        'TCP port of everything: page, RPC and blocks; 0 takes a free one. ' +
        '(a whole number from 0 to 65535; default 8080; MANYHANDS_PORT)',
    });
    expect(flags.get('welcomeJob')?.syntax).toBe('--no-welcome-job');
    expect(flags.get('diskReserve')?.help).toContain('in MiB');
  });
});
