import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { valueOf } from '../volunteer.contract.ts';
import {
  announce,
  checkApiKey,
  checkOperatorKey,
  findApiKey,
  findOperatorKey,
  openApiKey,
  openOperatorKey,
} from './secret-keys.ts';

const key = `mh_${'k'.repeat(43)}`;
const operatorKey = `mho_${'o'.repeat(43)}`;
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

describe('openOperatorKey', () => {
  it('makes another key than that of producers, in a file of its owner alone', () => {
    const folder = newFolder();
    const made = openOperatorKey(folder);
    expect(made).toMatchObject({ value: expect.stringMatching(/^mho_[\w-]{43}$/) });
    expect(openOperatorKey(folder)).toEqual(made);
    expect(statSync(join(folder, 'operator-key')).mode & 0o777).toBe(0o600);
  });

  it("refuses a producer's key in its place", () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'operator-key'), key);
    expect(openOperatorKey(folder)).toMatchObject({ failure: { code: 'config_invalid' } });
  });
});

describe('checkOperatorKey', () => {
  it.each([
    [`Bearer ${operatorKey}`, true],
    [`Bearer ${operatorKey}x`, false],
    [`Bearer ${operatorKey.slice(0, -1)}`, false],
    [`Bearer ${key}`, false],
    [operatorKey, false],
    [null, false],
  ])('with %j succeeds: %s', (authorization, ok) => {
    const checked = checkOperatorKey(operatorKey, authorization);
    expect(checked.ok ? null : checked.failure.code).toBe(ok ? null : 'operator_key_invalid');
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
  const running = { url: 'http://localhost:8080', apiKey: key, operatorKey, port: 8080 };
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
    expect(findOperatorKey(url, home)).toBe(found === null ? null : operatorKey);
  });

  it('reads a file of its owner alone, which goes when the orchestrator stops', () => {
    const path = join(home, 'running', '8080.json');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).toContain(key);
    withdraw();
    expect(findApiKey('http://localhost:8080', home)).toBeNull();
  });
});
