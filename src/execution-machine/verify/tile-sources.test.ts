import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { TILE_FETCH_TRIES_MAX } from '../../domain/limits.ts';
import { succeed } from '../../domain/outcome.ts';
import { folderTiles } from './folder-tiles.ts';
import { httpTiles } from './http-tiles.ts';

const TILE = Uint8Array.from({ length: 64 }, (_, at) => at);
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

describe('tiles over HTTP', () => {
  it('are the bytes below the prefix, with and without a slash at its end', async () => {
    const url = await serve((request, response) => {
      response.writeHead(request.url === '/record/tile/0/000' ? 200 : 404).end(TILE);
    });
    for (const prefix of [`${url}/record`, `${url}/record/`]) {
      expect(await httpTiles(prefix).read('tile/0/000', 64)).toEqual(succeed(TILE));
    }
    expect(await httpTiles(url).read('tile/0/001', 64)).toMatchObject({
      failure: { code: 'tile_unknown' },
    });
  });

  it('are not read beyond what they may have, however much is sent', async () => {
    let isClosed = false;
    const url = await serve((_, response) => {
      response.on('close', () => (isClosed = true));
      const more = () => response.write(new Uint8Array(65_536)) && setImmediate(more);
      response.on('drain', more);
      more();
    });
    expect(await httpTiles(url).read('tile/0/000', 64)).toMatchObject({
      failure: { code: 'limit_exceeded' },
    });
    await expect.poll(() => isClosed, { timeout: 30_000 }).toBe(true);
  });

  it('are asked for again while the server is overloaded, and not for ever', async () => {
    let count = 0;
    let refusals = 2;
    const url = await serve((_, response) => {
      count += 1;
      response.writeHead(count > refusals ? 200 : 503).end(TILE);
    });
    expect(await httpTiles(url).read('tile/0/000', 64)).toEqual(succeed(TILE));
    expect(count).toBe(3);
    [count, refusals] = [0, Infinity];
    expect(await httpTiles(url).read('tile/0/000', 64)).toMatchObject({
      failure: { code: 'unavailable' },
    });
    expect(count).toBe(TILE_FETCH_TRIES_MAX);
  });

  it('are waited for no longer when it is told so', async () => {
    const stop = new AbortController();
    const url = await serve(() => stop.abort());
    expect(await httpTiles(url, stop.signal).read('tile/0/000', 64)).toMatchObject({
      failure: { code: 'canceled' },
    });
  });
});

describe('tiles in a folder', () => {
  it('are its files, within their limit, and nothing outside', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tiles-'));
    ends.push(() => rm(folder, { recursive: true }));
    await mkdir(join(folder, 'log/tile/0'), { recursive: true });
    await writeFile(join(folder, 'log/tile/0/000'), TILE);
    await writeFile(join(folder, 'secret'), 'secret');
    const tiles = folderTiles(join(folder, 'log'));
    expect(await tiles.read('tile/0/000', 64)).toEqual(succeed(TILE));
    expect(await tiles.read('tile/0/000', 63)).toMatchObject({
      failure: { code: 'limit_exceeded' },
    });
    for (const path of ['tile/0/001', '../secret', 'checkpoint']) {
      expect(await tiles.read(path, 64)).toMatchObject({ failure: { code: 'tile_unknown' } });
    }
  });
});

async function serve(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  // A server that listens on TCP has such an address.
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}
