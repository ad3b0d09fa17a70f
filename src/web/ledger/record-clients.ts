import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-web';
import { FunctionService, LedgerService } from '../../wire/index.ts';

const transport = createConnectTransport({ baseUrl: location.origin, useBinaryFormat: true });

/** The record of the orchestrator that this page comes from. */
export const ledgerClient = createClient(LedgerService, transport);
/** Its functions. */
export const functionClient = createClient(FunctionService, transport);

/** Where the record's static files are. */
export const RECORD_FILES = `${location.origin}/record/`;
/** An answer that takes longer is no longer news. Milliseconds. */
export const CALL_MS = 10_000;
