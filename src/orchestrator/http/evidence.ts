import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { parseEvidenceId, type EvidenceId } from '../../domain/ids.ts';
import { evidenceListToJson } from '../../wire/index.ts';
import type { EvidenceFiles } from '../evidence/evidence-files.ts';
import { sendAnswer, sendHead, sendText } from './answer.ts';
import type { HttpRequest, HttpResponse } from './port.ts';

/** Where evidence is listed, and below it the bundles: `/evidence/<id>`, also with its suffix. */
export const EVIDENCE_PATH = '/evidence';
const SUFFIX = '.evidence';

/**
 * Whether a path is of evidence and wanted as data: a browser that opens it wants the page, which
 * has the same address. With the suffix it is a bundle to whoever asks.
 */
export function isEvidenceAsked(path: string, request: HttpRequest): boolean {
  if (path !== EVIDENCE_PATH && !path.startsWith(`${EVIDENCE_PATH}/`)) return false;
  const accept = String(request.headers['accept'] ?? '');
  return path.endsWith(SUFFIX) || !accept.includes('text/html');
}

/** Answers the list, or one bundle; bundles may be cached anywhere for ever. */
export function evidenceSender(
  files: EvidenceFiles,
): (path: string, request: HttpRequest, response: HttpResponse) => Promise<void> {
  return async (path, request, response) => {
    if (path === EVIDENCE_PATH) return sendList(files, request, response);
    // What follows the prefix is the client's.
    const name = path.slice(EVIDENCE_PATH.length + 1);
    const id = parseEvidenceId(name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : name);
    if (!id.ok) return sendText(response, { status: 400, text: id.failure.message });
    return sendBundle(id.value, { files, request, response });
  };
}

function sendList(files: EvidenceFiles, request: HttpRequest, response: HttpResponse): void {
  const body = Buffer.from(`${JSON.stringify(evidenceListToJson(files.list()))}\n`);
  const headers = {
    ...openToAll(),
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'content-length': String(body.byteLength),
  };
  sendAnswer(response, { status: 200, headers, body: request.method === 'HEAD' ? null : body });
}

async function sendBundle(
  id: EvidenceId,
  of: { files: EvidenceFiles; request: HttpRequest; response: HttpResponse },
): Promise<void> {
  const { files, request, response } = of;
  const etag = `"${id}"`;
  const headers = {
    ...openToAll(),
    'cache-control': 'public, max-age=31536000, immutable',
    etag,
  };
  if (request.headers['if-none-match'] === etag) {
    return sendAnswer(response, { status: 304, headers, body: null });
  }
  const found = files.find(id);
  if (found === null) {
    const text = `Evidence ${id} is not kept here, or no longer.\n`;
    return sendText(response, { status: 404, text });
  }
  const whole = {
    ...headers,
    'content-type': 'application/vnd.ipld.dag-cbor',
    'content-disposition': `attachment; filename="${id}${SUFFIX}"`,
    'content-length': String(found.byteLength),
  };
  if (request.method === 'HEAD') {
    return sendAnswer(response, { status: 200, headers: whole, body: null });
  }
  sendHead(response, { status: 200, headers: whole });
  // Not read at once: many may ask for large ones.
  await pipeline(createReadStream(found.path), response);
}

function openToAll(): Readonly<Record<string, string>> {
  return {
    'cross-origin-resource-policy': 'cross-origin',
    'access-control-allow-origin': '*',
    vary: 'accept',
  };
}
