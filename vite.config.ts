import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

const ROOT = import.meta.dirname;
const MIB = 1024 * 1024;
/** Above this size the best compression would cost the build minutes for a few percent. Bytes. */
const SLOW_COMPRESSION_BYTES_MAX = MIB;
/** Smaller files do not get smaller in a way that anyone would notice. Bytes. */
const COMPRESSION_BYTES_MIN = 512;

const ORCHESTRATOR = process.env['MANYHANDS_ORCHESTRATOR'] ?? 'http://localhost:8080';

/** What the orchestrator sends with the page: `vite preview` behaves the same. */
const PAGE_HEADERS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
};
const ISOLATION_HEADERS = {
  'Cross-Origin-Opener-Policy': PAGE_HEADERS['Cross-Origin-Opener-Policy'],
  'Cross-Origin-Embedder-Policy': PAGE_HEADERS['Cross-Origin-Embedder-Policy'],
};

const proxy = {
  '^/manyhands\\.': { target: ORCHESTRATOR },
  '/ipfs': { target: ORCHESTRATOR },
  '/record/': { target: ORCHESTRATOR },
  '/fn/': { target: ORCHESTRATOR },
  '/evidence': {
    target: ORCHESTRATOR,
    // Whoever opens it wants the page, which has the same address.
    bypass: ({ headers, url }: IncomingMessage) =>
      headers.accept?.includes('text/html') === true && url?.endsWith('.evidence') !== true
        ? '/index.html'
        : undefined,
  },
};

export default defineConfig({
  // Tests are found from the repository's root, the page is built from its own room.
  root: process.env['VITEST'] === undefined ? path.join(ROOT, 'src/web') : ROOT,
  publicDir: path.join(ROOT, 'public'),
  cacheDir: path.join(ROOT, 'node_modules/.vite'),
  appType: 'spa',
  plugins: [react(), precompressed()],
  build: {
    outDir: path.join(ROOT, 'dist/web'),
    emptyOutDir: true,
    target: ['chrome113', 'firefox121', 'safari17'],
    modulePreload: { polyfill: false },
    // One small file: a part that is loaded later then lacks nothing but its code.
    cssCodeSplit: false,
    // A data: URL would need a weaker Content-Security-Policy.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1024,
  },
  worker: { format: 'es' },
  server: { headers: ISOLATION_HEADERS, proxy, fs: { allow: [ROOT] } },
  preview: { headers: PAGE_HEADERS, proxy },
});

/**
 * Writes `.br` and `.gz` beside every file of the build that shrinks, so that no server compresses
 * the same bytes twice. What was compressed before is taken from a cache by content.
 */
function precompressed(): Plugin {
  let outDir = '';
  return {
    name: 'precompressed',
    apply: 'build',
    configResolved(config) {
      // Workers are built by builds of their own; their files are in this one's folder too.
      outDir = path.resolve(config.root, config.build.outDir);
    },
    writeBundle: {
      order: 'post',
      sequential: true,
      async handler() {
        const cacheDir = path.join(ROOT, 'node_modules/.cache/precompressed');
        await mkdir(cacheDir, { recursive: true });
        const files = await compressibleFiles(outDir);
        const next = files.values();
        // One iterator for all lanes: each takes the next file that nobody took.
        const lane = async () => {
          for (const file of next) await compressFile(file, cacheDir);
        };
        await Promise.all(Array.from({ length: availableParallelism() }, lane));
      },
    },
  };
}

async function compressibleFiles(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .filter((entry) => /\.(html|css|m?js|json|svg|wasm|wgsl|webmanifest|txt)$/.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name));
}

async function compressFile(file: string, cacheDir: string): Promise<void> {
  const bytes = await readFile(file);
  if (bytes.byteLength < COMPRESSION_BYTES_MIN) return;
  const key = createHash('sha256').update(bytes).digest('hex');
  await Promise.all(
    (['br', 'gz'] as const).map(async (encoding) => {
      const cached = path.join(cacheDir, `${key}.${encoding}`);
      const known = await readFile(cached).catch(() => null);
      const compressed = known ?? (await compress(bytes, encoding));
      if (known === null) await writeFile(cached, compressed);
      if (compressed.byteLength < bytes.byteLength)
        await writeFile(`${file}.${encoding}`, compressed);
    }),
  );
}

function compress(bytes: Buffer, encoding: 'br' | 'gz'): Promise<Buffer> {
  const isBig = bytes.byteLength > SLOW_COMPRESSION_BYTES_MAX;
  if (encoding === 'gz') return promisify(gzip)(bytes, { level: isBig ? 6 : 9 });
  return promisify(brotliCompress)(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: isBig ? 6 : 11,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.byteLength,
    },
  });
}
