import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { valueOf } from '../volunteer.contract.ts';
import { announce, checkApiKey, findApiKey, openApiKey } from './api-key.ts';

const key = `mh_${'k'.repeat(43)}`;
const newFolder = (): string => mkdtempSync(join(tmpdir(), 'manyhands-access-'));

describe('openApiKey', () => {
  it('makes a key once, in a file of its owner alone', () => {
    const folder = newFolder();
    const made = openApiKey(folder);
    expect(made).toMatchObject({ value: expect.stringMatching(/^mh_[\w-]{43}$/) });
    expect(openApiKey(folder)).toEqual(made);
    expect(statSync(join(folder, 'api-key')).mode & 0o777).toBe(0o600);
  });

  it('refuses a file without a key, naming the remedy', () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'api-key'), 'hello');
    const refused = { code: 'config_invalid', message: expect.stringContaining('Delete it') };
    expect(openApiKey(folder)).toMatchObject({ ok: false, failure: refused });
  });
});

describe('checkApiKey', () => {
  it.each([
    [`Bearer ${key}`, true],
    [`bearer ${key}`, true],
    [`Bearer ${key}x`, false],
    [`Bearer ${key.slice(0, -1)}`, false],
    [`Basic ${key}`, false],
    ['Bearer ', false],
    ['', false],
    [null, false],
  ])('with %j succeeds: %s', (authorization, ok) => {
    expect(checkApiKey(key, authorization).ok).toBe(ok);
  });
});

describe('findApiKey', () => {
  const home = newFolder();
  const running = { url: 'http://localhost:8080', apiKey: key, port: 8080 };
  const withdraw = valueOf(announce(home, running));

  it.each([
    ['http://localhost:8080', key],
    ['http://127.0.0.1:8080/', key],
    ['http://[::1]:8080', key],
    ['http://localhost:8081', null],
    ['http://localhost', null],
    ['http://example.org:8080', null],
    ['http://localhost.example.org:8080', null],
    ['nonsense', null],
  ])('for %s gives %s', (url, found) => {
    expect(findApiKey(url, home)).toBe(found);
  });

  it('reads a file of its owner alone, which goes when the orchestrator stops', () => {
    const path = join(home, 'running', '8080.json');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).toContain(key);
    withdraw();
    expect(findApiKey('http://localhost:8080', home)).toBeNull();
  });
});
