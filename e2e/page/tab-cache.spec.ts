import { expect, test } from '@playwright/test';
import { createServer, type ViteDevServer } from 'vite';

/** Serves this repository's sources to a browser, each compiled on its own. */
async function serveSources(): Promise<ViteDevServer> {
  const server = await createServer({
    configFile: false,
    logLevel: 'error',
    server: { host: '127.0.0.1', port: 0 },
    appType: 'custom',
    optimizeDeps: { noDiscovery: true },
    plugins: [
      {
        name: 'empty-page',
        configureServer: ({ middlewares }) => {
          middlewares.use('/empty', (_, response) => {
            response
              .setHeader('content-type', 'text/html')
              .end('<!doctype html><title>empty</title>');
          });
        },
      },
    ],
  });
  return server.listen();
}

test.describe("the tab's block cache keeps the contract of block stores", () => {
  const contract = '/src/data/opfs-blocks.contract.ts';
  let server: ViteDevServer;

  test.beforeAll(async () => {
    server = await serveSources();
  });
  test.afterAll(() => server.close());

  test('in a page', async ({ page }) => {
    await page.goto(`${server.resolvedUrls?.local[0]}empty`);
    const broken = await page.evaluate(async (path) => {
      const { runOpfsContract } = await import(path);
      return runOpfsContract();
    }, contract);
    expect(broken).toEqual([]);
  });

  test('in a worker', async ({ page }) => {
    await page.goto(`${server.resolvedUrls?.local[0]}empty`);
    const broken = await page.evaluate(async (path) => {
      const source = `import { runOpfsContract } from '${location.origin}${path}';
        runOpfsContract().then((broken) => postMessage(broken));`;
      const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
      const worker = new Worker(url, { type: 'module' });
      return new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = (event) => reject(new Error(event.message));
      });
    }, contract);
    expect(broken).toEqual([]);
  });
});
