import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { sendAnswer, sendText } from './answer.ts';
import type { HttpRequest, HttpResponse } from './port.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.txt': 'text/plain; charset=utf-8',
  '.wgsl': 'text/plain; charset=utf-8',
};

/** Addresses of the page that no file stands for: the page itself reads the rest of them. */
const PAGE_PATHS = [
  '/',
  '/contribute',
  '/work',
  '/network',
  '/devices',
  '/ledger',
  '/governance',
  '/lab',
  '/simulate',
  '/evidence',
];
/** One of them for each bundle of evidence. */
const EVIDENCE = /^\/evidence\/[a-z2-7]{1,100}$/;
const HASHED = /^\/assets\/.*-[\w-]{8,}\.\w+$/;
const ENCODINGS = [
  { suffix: '.br', name: 'br' },
  { suffix: '.gz', name: 'gzip' },
] as const;

type StaticFile = {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Siblings that were compressed when the page was built. */
  readonly encodings: readonly { readonly name: string; readonly path: string }[];
};

/** Answers what is of the page; false where the path is none of its own. */
export type PageServer = (path: string, request: HttpRequest, response: HttpResponse) => boolean;

/**
 * Serves a built page.
 *
 * Only files that were there at the start have an address, so that no path of a client's making
 * reaches the file system.
 */
export function pageServer(folder: string): PageServer {
  const files = listFiles(folder);
  const index = files.get('/index.html');
  if (index === undefined) return unbuiltPage(folder);
  for (const path of PAGE_PATHS) files.set(path, index);
  return (path, request, response) => {
    const file = files.get(EVIDENCE.test(path) ? '/evidence' : path);
    if (file === undefined) return false;
    send(file, request, response);
    return true;
  };
}

function listFiles(folder: string): Map<string, StaticFile> {
  const paths = new Set(pathsWithin(folder));
  const files = new Map<string, StaticFile>();
  for (const path of paths) {
    const type = TYPES[extname(path)];
    if (type === undefined) continue;
    const address = `/${relative(folder, path).split(sep).join('/')}`;
    const cache = HASHED.test(address) ? 'public, max-age=31536000, immutable' : 'no-cache';
    const encodings = ENCODINGS.map(({ suffix, name }) => ({ name, path: path + suffix }));
    files.set(address, {
      path,
      headers: { 'content-type': type, 'cache-control': cache, vary: 'accept-encoding' },
      encodings: encodings.filter((encoding) => paths.has(encoding.path)),
    });
  }
  return files;
}

function pathsWithin(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    // No such folder: the page was not built.
    return [];
  }
}

function send(file: StaticFile, request: HttpRequest, response: HttpResponse): void {
  const accepted = acceptedEncodings(request);
  const encoding = file.encodings.find(({ name }) => accepted.has(name));
  let body: Buffer;
  try {
    // Small files, read seldom: browsers keep what is hashed.
    body = readFileSync(encoding?.path ?? file.path);
  } catch {
    sendText(response, { status: 503, text: 'The page is being rebuilt. Load it again.' });
    return;
  }
  const headers = {
    ...file.headers,
    ...(encoding !== undefined && { 'content-encoding': encoding.name }),
    'content-length': String(body.byteLength),
  };
  sendAnswer(response, { status: 200, headers, body: request.method === 'HEAD' ? null : body });
}

function acceptedEncodings(request: HttpRequest): ReadonlySet<string> {
  const header = request.headers['accept-encoding'];
  const names = String(header ?? '').split(',');
  const accepted = names.filter((name) => !/;\s*q=0(\.0*)?\s*$/.test(name));
  return new Set(accepted.map((name) => name.replace(/;.*/, '').trim().toLowerCase()));
}

function unbuiltPage(folder: string): PageServer {
  const text = [
    'This orchestrator is running, but its page has not been built.',
    '',
    'Build it with:  npm run build',
    `It is looked for in:  ${folder}  (--web DIR)`,
    '',
  ].join('\n');
  return (path, _request, response) => {
    if (!PAGE_PATHS.includes(path) && !EVIDENCE.test(path)) return false;
    sendText(response, { status: 503, text });
    return true;
  };
}
