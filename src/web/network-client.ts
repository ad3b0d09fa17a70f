import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-web';
import { NetworkService } from '../wire/index.ts';

/** The public face of the orchestrator that this page comes from. */
export const networkClient = createClient(
  NetworkService,
  createConnectTransport({ baseUrl: location.origin, useBinaryFormat: true }),
);
