import type { FileBlocks } from '../../data/node.ts';
import type { TileReader } from '../../ledger/index.ts';
import type { EvidenceFiles } from '../evidence/evidence-files.ts';
import type { Logger } from '../logger.ts';
import { sendAnswer, sendText } from './answer.ts';
import { BLOCKS_PATH, blockSender } from './blocks.ts';
import { evidenceSender, isEvidenceAsked } from './evidence.ts';
import { FUNCTIONS_PATH, functionsSender, type FunctionsSite } from './functions.ts';
import type { PageServer } from './page.ts';
import type { HttpHandler, HttpRequest, HttpResponse } from './port.ts';
import type { RecordViews } from '../record/views/record-views.ts';
import { ADD_CHECKPOINT_PATH, RECORD_PATH, recordSender, witnessSender } from './record.ts';

/** How this orchestrator is, for load balancers and people. */
export type Health = {
  readonly status: 'ok' | 'draining' | 'storage_failing';
  readonly [detail: string]: string | number;
};

export type SiteOptions = {
  readonly rpc: (path: string) => HttpHandler | null;
  readonly page: PageServer;
  readonly blocks: FileBlocks;
  readonly evidence: EvidenceFiles;
  /** The record's tiles and checkpoint. */
  readonly record: TileReader;
  readonly views: Pick<RecordViews, 'addCheckpoint'>;
  /** The record's functions. */
  readonly functions: FunctionsSite;
  readonly health: () => Health;
  /** The table of devices as JSON. */
  readonly conformance: () => Uint8Array;
  readonly corsOrigins: readonly string[];
  readonly logger: Logger;
};

/** Everything that the port serves: RPCs, blocks, evidence, the record and its functions, health and the page. */
export function siteHandler(options: SiteOptions): HttpHandler {
  const sendBlock = blockSender(options.blocks);
  const sendEvidence = evidenceSender(options.evidence);
  const sendRecord = recordSender(options.record);
  const sendCosignature = witnessSender({ ...options.functions, views: options.views });
  const sendFunctions = functionsSender(options.functions);
  return (request, response) => {
    // Broken connections surface here; there is nobody left to tell.
    response.on('error', () => {});
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const rpc = options.rpc(path);
    if (rpc !== null) {
      response.setHeader('x-content-type-options', 'nosniff');
      const answered = allowOrigin(options.corsOrigins, request, response);
      if (!answered) rpc(request, response);
      return;
    }
    if (path.startsWith(FUNCTIONS_PATH)) {
      sendFunctions(request, response).catch((cause: unknown) => {
        options.logger.error('function not answered', { path, cause: String(cause) });
        response.destroy();
      });
      return;
    }
    if (path === ADD_CHECKPOINT_PATH && request.method === 'POST') {
      sendCosignature(request, response).catch((cause: unknown) => {
        options.logger.error('witness not answered', { cause: String(cause) });
        response.destroy();
      });
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      sendText(response, { status: 405, text: 'Only GET and HEAD are answered here.\n' });
      return;
    }
    if (path.startsWith(BLOCKS_PATH)) {
      sendBlock(request, response).catch((cause: unknown) => {
        options.logger.error('block not sent', { path, cause: String(cause) });
        response.destroy();
      });
      return;
    }
    if (isEvidenceAsked(path, request)) {
      sendEvidence(path, request, response).catch((cause: unknown) => {
        options.logger.debug('evidence not sent', { path, cause: String(cause) });
        response.destroy();
      });
      return;
    }
    if (path.startsWith(RECORD_PATH)) {
      sendRecord(path, request, response).catch((cause: unknown) => {
        options.logger.error('record not sent', { path, cause: String(cause) });
        response.destroy();
      });
      return;
    }
    if (path === '/healthz') return sendHealth(options.health(), response);
    if (path === '/conformance.json') return sendJson(options.conformance(), 200, response);
    if (options.page(path, request, response)) return;
    sendText(response, { status: 404, text: 'There is nothing at this address.\n' });
  };
}

function sendHealth(health: Health, response: HttpResponse): void {
  const body = Buffer.from(`${JSON.stringify(health)}\n`);
  sendJson(body, health.status === 'ok' ? 200 : 503, response);
}

function sendJson(body: Uint8Array, status: number, response: HttpResponse): void {
  const headers = {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'content-length': String(body.byteLength),
  };
  sendAnswer(response, { status, headers, body });
}

/** Lets pages of chosen origins call RPCs; true where that was all that was asked. */
function allowOrigin(
  origins: readonly string[],
  request: HttpRequest,
  response: HttpResponse,
): boolean {
  const { origin } = request.headers;
  if (origin !== undefined && origins.includes(origin)) {
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('access-control-expose-headers', '*');
    response.setHeader('vary', 'origin');
  }
  if (request.method !== 'OPTIONS') return false;
  const headers = {
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers':
      'authorization, content-type, connect-protocol-version, connect-timeout-ms, x-grpc-web, ' +
      'x-user-agent, grpc-timeout',
    'access-control-max-age': '7200',
  };
  sendAnswer(response, { status: 204, headers, body: null });
  return true;
}
