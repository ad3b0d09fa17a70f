import { request as httpRequest } from 'node:http';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { leafIdOf } from '../../integrity/index.ts';
import { freshFolder, producerOf, startForTest } from '../volunteer.contract.ts';

const web = join(freshFolder(), 'web');
mkdirSync(join(web, 'assets'), { recursive: true });
writeFileSync(join(web, '..', 'secret.txt'), 'secret');
writeFileSync(join(web, 'index.html'), '<!doctype html><title>page</title>');
writeFileSync(join(web, 'assets', 'main-a1b2c3d4.js'), 'plain');
writeFileSync(join(web, 'assets', 'main-a1b2c3d4.js.br'), 'brotli');
writeFileSync(join(web, 'assets', 'main-a1b2c3d4.js.gz'), 'gzip');
writeFileSync(join(web, 'icon.svg'), '<svg/>');

const orchestrator = await startForTest({ web, corsOrigins: ['https://page.example'] });
const { url } = orchestrator;

/** As written: no client of ours tidies the path. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET') {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: string }>(
    (resolve, reject) => {
      const { port } = new URL(url);
      const sent = httpRequest({ port, host: '127.0.0.1', path, headers, method }, (answer) => {
        let body = '';
        answer.on('data', (bytes) => (body += bytes));
        answer.on('end', () => {
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body });
        });
      });
      sent.on('error', reject);
      sent.end();
    },
  );
}

describe('the page', () => {
  it.each(['/', '/contribute', '/network', '/simulate', '/index.html', '/?from=link'])(
    'is isolated and locked down at %s',
    async (path) => {
      const { status, headers, body } = await get(path);
      expect({ status, body }).toEqual({ status: 200, body: expect.stringContaining('page') });
      expect(headers).toMatchObject({
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-embedder-policy': 'require-corp',
        'cross-origin-resource-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-cache',
        'content-type': 'text/html; charset=utf-8',
      });
      const csp = String(headers['content-security-policy']);
      expect(csp).toContain("default-src 'self'");
      expect(csp).toContain("script-src 'self' 'wasm-unsafe-eval'");
      expect(csp).toContain("frame-ancestors 'none'");
      expect(csp).not.toContain('unsafe-inline');
    },
  );

  it.each([
    ['br, gzip', 'brotli', 'br'],
    ['gzip', 'gzip', 'gzip'],
    ['br;q=0, gzip', 'gzip', 'gzip'],
    ['identity', 'plain', undefined],
    ['', 'plain', undefined],
  ])('answers accept-encoding "%s" with %s bytes', async (accepted, body, encoding) => {
    const answer = await get('/assets/main-a1b2c3d4.js', { 'accept-encoding': accepted });
    expect(answer.body).toBe(body);
    expect(answer.headers['content-encoding']).toBe(encoding);
    expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(answer.headers['vary']).toBe('accept-encoding');
  });

  it.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '//secret.txt',
    '/assets',
    '/assets/',
    '/main-a1b2c3d4.js',
    '/nowhere',
  ])('has nothing at %s', async (path) => {
    const { status, body } = await get(path);
    expect(status).toBe(404);
    expect(body).not.toContain('secret');
  });

  it('answers HEAD without a body, and other methods not at all', async () => {
    expect(await get('/', {}, 'HEAD')).toMatchObject({ status: 200, body: '' });
    expect(await get('/', {}, 'PUT')).toMatchObject({ status: 405 });
  });

  it('that was not built says how to build it', async () => {
    const unbuilt = await startForTest({ web: join(freshFolder(), 'absent') });
    const answer = await fetch(unbuilt.url);
    expect(answer.status).toBe(503);
    expect(await answer.text()).toContain('npm run build');
  });
});

describe('blocks over plain HTTP', () => {
  it('are raw, cacheable for ever and open to every page', async () => {
    const block = new Uint8Array(1000).fill(65);
    const contentId = await leafIdOf(block);
    await producerOf(orchestrator).data.putBlock({ contentId, block });
    const answer = await get(`/ipfs/${contentId}`);
    expect(answer).toMatchObject({ status: 200, body: 'A'.repeat(1000) });
    expect(answer.headers).toMatchObject({
      'content-type': 'application/vnd.ipld.raw',
      'cache-control': 'public, max-age=29536000, immutable',
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
      etag: `"${contentId}"`,
    });
    const again = await get(`/ipfs/${contentId}`, { 'if-none-match': `"${contentId}"` });
    expect(again).toMatchObject({ status: 304, body: '' });
  });

  it('are each their own, however many are on their way at once', async () => {
    const blocks = Array.from({ length: 150 }, (_, index) => new Uint8Array(200_000).fill(index));
    const { data } = producerOf(orchestrator);
    const ids = await Promise.all(blocks.map(leafIdOf));
    for (const [index, contentId] of ids.entries()) {
      await data.putBlock({ contentId, block: blocks[index] ?? new Uint8Array() });
    }
    for (let turn = 0; turn < 2; turn++) {
      const answers = await Promise.all(ids.map((id) => fetch(`${url}/ipfs/${id}`)));
      const bodies = await Promise.all(answers.map((answer) => answer.bytes()));
      expect(await Promise.all(bodies.map(leafIdOf))).toEqual(ids);
    }
  });

  it('that are not held, or are none, are told apart', async () => {
    const unknown = await leafIdOf(new Uint8Array([9, 9, 9]));
    expect(await get(`/ipfs/${unknown}`)).toMatchObject({ status: 404 });
    expect(await get('/ipfs/bafyno')).toMatchObject({ status: 400 });
    expect(await get('/ipfs/../log.sqlite')).toMatchObject({ status: 400 });
  });
});

describe('other origins', () => {
  const path = '/manyhands.network.v1.NetworkService/GetNetwork';
  const allowed = async (origin: string) => {
    const { headers } = await get(path, { origin }, 'OPTIONS');
    return headers['access-control-allow-origin'];
  };

  it('may call RPCs only if they were chosen', async () => {
    expect(await allowed('https://page.example')).toBe('https://page.example');
    expect(await allowed('https://other.example')).toBeUndefined();
  });

  it('that were chosen may read answers and refusals alike', async () => {
    const call = (service: string, origin: string) =>
      fetch(`${url}/manyhands.${service}`, {
        method: 'POST',
        headers: { origin, 'content-type': 'application/json' },
        body: '{}',
      });
    const answer = await call('network.v1.NetworkService/GetNetwork', 'https://page.example');
    expect(answer.status).toBe(200);
    expect(await answer.json()).toHaveProperty('softwareVersion');
    const refusal = await call('jobs.v1.JobService/ListJobs', 'https://page.example');
    expect(refusal.status).toBe(401);
    for (const { headers } of [answer, refusal]) {
      expect(headers.get('access-control-allow-origin')).toBe('https://page.example');
      expect(headers.get('access-control-expose-headers')).toBe('*');
      expect(headers.get('vary')).toBe('origin');
    }
    const foreign = await call('network.v1.NetworkService/GetNetwork', 'https://other.example');
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
  });
});
