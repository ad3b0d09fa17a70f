// From a configuration to a running orchestrator, and gracefully back.
//
//   listen -> open (store, state, blocks, key) -> wire up -> running -> draining -> closed
import { readFileSync } from 'node:fs';
import type { HandlerContext } from '@connectrpc/connect';
import { failure, type Failure } from '../domain/failure.ts';
import type { AgentId } from '../domain/ids.ts';
import { HTTP_HEADERS_MS, STOP_GRACE_MS } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { standingOf, type SchedulerEffect } from '../scheduler/index.ts';
import {
  AgentService,
  DataService,
  failureToConnect,
  FunctionService,
  JobService,
  LedgerService,
  NetworkService,
  OperatorService,
} from '../wire/index.ts';
import { announce, checkApiKey, checkOperatorKey, isLoopback } from './access/secret-keys.ts';
import { makeChallenges } from './access/challenge.ts';
import { clientLimits } from './access/client-limits.ts';
import type { IpAddress } from './access/ip-address.ts';
import { joiningRules } from './access/joining-rules.ts';
import { peerRanges } from './access/peer.ts';
import { parseProxies } from './access/trusted-proxies.ts';
import { liarAdmission } from './access/lying-agents.ts';
import { makeVerifier } from './access/verify-now.ts';
import { workDemand } from './access/work-demand.ts';
import { openBooks, type Books } from './books.ts';
import { conformanceJson } from './conformance/conformance-json.ts';
import { openConformanceTable, type ConformanceTable } from './conformance/conformance-keeper.ts';
import { watchCanaries } from './canary-watch.ts';
import { dataFolder } from './config/config.ts';
import type { OrchestratorConfig } from './config/settings.ts';
import { openSharedHoldings } from './database/shared-holdings.ts';
import { diskGuard } from './disk-guard.ts';
import { keepStanding } from './functions/standing-keeper.ts';
import { pageServer } from './http/page.ts';
import { openPort, type HttpHandler, type TlsIdentity } from './http/port.ts';
import { rpcHandlers } from './http/rpc.ts';
import { sendRpcError } from './http/rpc-error.ts';
import { siteHandler, type Health } from './http/site.ts';
import { lineLogger, type Logger } from './logger.ts';
import { openHoldings, type Holdings } from './holdings.ts';
import type { JobHome } from './jobs/job-home.ts';
import { welcomeJobs } from './jobs/welcome-job.ts';
import { isCredit, type PastEffect } from './record/credits/open-credits.ts';
import { auditTiles } from './record/tile-audits.ts';
import { agentsRoute } from './routes/agents-route.ts';
import { dataRoute } from './routes/data-route.ts';
import { functionsRoute } from './routes/functions-route.ts';
import { jobsRoute } from './routes/jobs-route.ts';
import { ledgerRoute } from './routes/ledger-route.ts';
import { networkRoute } from './routes/network-route.ts';
import { operatorsRoute } from './routes/operators-route.ts';
import { unwrap } from './routes/unwrap.ts';
import { softwareVersion } from './software-version.ts';
import { trustKeeper, type TrustKeeper } from './trust/trust-keeper.ts';
import { startNodeWorkings } from './node-workings.ts';
import { nodePlatform } from './node-platform.ts';
import type { Workings } from './workings.ts';

// When to try again an orchestrator that is starting. Milliseconds.
const STARTING_MS = 500;

export type RunningOrchestrator = {
  /** Where page and RPCs are, for this machine: `http://localhost:8080`. */
  readonly url: string;
  readonly apiKey: string;
  readonly operatorKey: string;
  /** The folder of the store. */
  readonly dataFolder: string;
  /** Answers what is under way, commits what is queued, closes the store. */
  close(): Promise<void>;
};

export type OrchestratorParts = {
  /** Lines to stderr by default. */
  readonly logger?: Logger;
  /** Unix time in milliseconds. */
  readonly now?: () => number;
  /** Another orchestrator adopted this one's work; by default the process ends with code 1. */
  readonly onFenced?: (failure: Failure) => void;
};

/**
 * Starts an orchestrator and returns once it answers.
 *
 * Errors: "storage_failed" | "storage_full" | "port_in_use" | "config_invalid", with the remedy.
 */
export async function startOrchestrator(
  config: OrchestratorConfig,
  parts: OrchestratorParts = {},
): Promise<Outcome<RunningOrchestrator>> {
  const now = parts.now ?? Date.now;
  const logger =
    parts.logger ??
    lineLogger({ level: config.logLevel, write: (line) => void process.stderr.write(line) });
  const tls = readTls(config);
  if (!tls.ok) return tls;
  const isProxy = parseProxies(config.trustedProxy);
  if (!isProxy.ok) return isProxy;
  // First of all, so that nothing is written where another has the port.
  let handler: HttpHandler = sendStarting;
  const port = await openPort({
    host: config.host,
    port: config.port,
    tls: tls.value,
    headersMs: HTTP_HEADERS_MS,
    handler: (request, response) => handler(request, response),
  });
  if (!port.ok) return port;
  const url = urlOf(config, { port: port.value.port, tls: tls.value !== null });
  const onFenced = parts.onFenced ?? ((cause) => endFenced(logger, cause));
  const folder = dataFolder(config);
  const past: PastEffect[] = [];
  const notePast = (effect: SchedulerEffect, event: number): void => {
    if (isCredit(effect)) past.push({ effect, event });
  };
  const opened =
    config.database === null
      ? await openHoldings(folder, logger, notePast)
      : await openSharedHoldings(config.database, { folder, url, logger, onFenced });
  if (!opened.ok) {
    await port.value.close(0);
    return opened;
  }
  const holdings = opened.value;
  const books = await openBooks({ config, holdings, past, logger, now });
  if (!books.ok) {
    await holdings.close();
    await port.value.close(0);
    return books;
  }
  const { record, functions, credits } = books.value;
  const workings = startNodeWorkings(holdings, { config, logger, now, credits });
  await workings.begin(config.welcomeJob ? () => welcomeJobs(holdings.blocks) : null);
  auditTiles({ ...holdings, ...workings, record, logger });
  const conformance = await openConformanceTable({
    ...{ folder, logger, now, platform: nodePlatform },
    standingOf: (agent) => standingOf(workings.coordinator.state, agent),
  });
  const { apiKey, operatorKey, trustBook: book } = holdings;
  const { coordinator } = workings;
  const trust = trustKeeper({ book, coordinator, now, platform: nodePlatform });
  const standing = keepStanding({
    ...{ coordinator, home: workings.home, logger, now, platform: nodePlatform },
    ...{ record, functions },
  });
  handler = siteOf({
    config,
    holdings,
    books: books.value,
    workings,
    conformance,
    logger,
    now,
    trust,
    isProxy: isProxy.value,
  });
  const running = { url, apiKey, operatorKey, port: port.value.port };
  const announced = announce(config.home, running);
  if (!announced.ok) logger.warn(announced.failure.message);
  logger.info('orchestrator started', { url, data: dataFolder(config) });
  if (config.sandbox) logger.warn('this is a sandbox: agents may lie to it on purpose');
  const close = async (): Promise<void> => {
    logger.info('orchestrator stopping');
    if (announced.ok) announced.value();
    trust.stop();
    standing.stop();
    const closed = port.value.close(STOP_GRACE_MS);
    await workings.stop();
    await closed;
    await conformance.close();
    await books.value.close();
    await holdings.close();
    logger.info('orchestrator stopped');
  };
  let closing: Promise<void> | null = null;
  return succeed({
    url,
    apiKey,
    operatorKey,
    dataFolder: dataFolder(config),
    close: () => (closing ??= close()),
  });
}

type SiteParts = {
  readonly config: OrchestratorConfig;
  readonly holdings: Holdings;
  readonly books: Books;
  readonly workings: Workings;
  readonly conformance: ConformanceTable;
  readonly logger: Logger;
  readonly now: () => number;
  readonly trust: TrustKeeper;
  readonly isProxy: (address: IpAddress) => boolean;
};

/** Nothing that this process does counts any more; who asks it must learn that at once. */
function endFenced(logger: Logger, { message }: Failure): void {
  logger.error(message);
  process.exit(1);
}

/** What comes before the store is open: whoever called tries again. */
const sendStarting: HttpHandler = (request, response) => {
  const text = 'the orchestrator is starting. Try again.';
  sendRpcError(failureToConnect(failure('unavailable', text, STARTING_MS)), request, response);
};

function siteOf(of: SiteParts): HttpHandler {
  const { config, holdings, books, workings, conformance, trust, isProxy, logger, now } = of;
  const { record, functions } = books;
  const { blocks, evidence, apiKey, operatorKey } = holdings;
  const { contact, sandbox: isSandbox } = config;
  const { coordinator } = workings;
  const acceptedOf = (agent: AgentId): number => standingOf(coordinator.state, agent).accepted;
  const canaries = watchCanaries({ now, acceptedOf });
  coordinator.onEffect(canaries.note);
  const node = { logger, now, platform: nodePlatform };
  const told = { contact, isSandbox, canaries, conformance };
  const shared = { ...holdings, ...workings, ...node, ...told };
  const disk = diskGuard({ folder: dataFolder(config), reserveMib: config.diskReserve, now });
  const rangeOf = peerRanges({
    isProxy,
    limitLoopback: config.limitLoopback,
    onUnnamedProxy: () => logger.warn(UNNAMED_PROXY),
  });
  const limits = clientLimits();
  const rpc = rpcHandlers({
    logger,
    rangeOf,
    gate: (context) => {
      const { typeName } = context.service;
      if (typeName === JobService.typeName) unwrap(checkApiKey(apiKey, bearerOf(context)));
      if (typeName === OperatorService.typeName) {
        unwrap(checkOperatorKey(operatorKey, bearerOf(context)));
      }
    },
    routes: (router) => {
      const verify = makeVerifier();
      const rules = joiningRules({
        state: workings.coordinator.state,
        challenges: makeChallenges(),
        demand: workDemand(),
        isTrusted: trust.isTrusted,
        acceptedElsewhere: (agent) => acceptedElsewhere(workings.home, agent),
      });
      const admitLiar = liarAdmission({ isSandbox, operatorKey });
      const joining = { rules, limits, verify, trust, admitLiar };
      router.service(AgentService, agentsRoute({ ...shared, ...joining }));
      router.service(JobService, jobsRoute({ ...shared, verify }));
      router.service(DataService, dataRoute({ ...shared, disk, limits }));
      const about = { startedAtMs: now(), version: softwareVersion() };
      router.service(OperatorService, operatorsRoute({ ...shared, trust }));
      router.service(LedgerService, ledgerRoute({ ...books, limits, now }));
      router.service(FunctionService, functionsRoute(functions));
      router.service(
        NetworkService,
        networkRoute({ ...shared, ...about, ...books, limits, verify }),
      );
    },
  });
  return siteHandler({
    rpc,
    blocks,
    evidence,
    record: record.files,
    views: books.views,
    functions: { functions, limits, rangeOf, now, log: record.verifierKey },
    logger,
    page: pageServer(config.web),
    corsOrigins: config.corsOrigins,
    health: () => healthOf(workings, books),
    conformance: conformanceJson(conformance),
  });
}

function bearerOf({ requestHeader }: HandlerContext): string | null {
  return requestHeader.get('authorization');
}

async function acceptedElsewhere(home: JobHome, agent: AgentId): Promise<Outcome<number>> {
  const history = await home.historyOf(agent);
  return history.ok ? succeed(history.value?.accepted ?? 0) : history;
}

const UNNAMED_PROXY =
  'requests come through a proxy on this machine, so that no limits hold for whoever is behind it. ' +
  'Name it: --trusted-proxy loopback';

function healthOf(workings: Workings, { credits }: Books): Health {
  if (workings.isStopping()) return { status: 'draining' };
  const storage = workings.coordinator.storageFailure() ?? credits.failure();
  if (storage !== null) return { status: 'storage_failing', storage: storage.message };
  return { status: 'ok', version: softwareVersion() };
}

function readTls(config: OrchestratorConfig): Outcome<TlsIdentity | null> {
  const { tlsCert, tlsKey } = config;
  if (tlsCert === null || tlsKey === null) return succeed(null);
  try {
    const [cert, key] = [readFileSync(tlsCert, 'utf8'), readFileSync(tlsKey, 'utf8')];
    return succeed({ cert, key });
  } catch (cause) {
    const text = `the TLS certificate or key cannot be read (${String(cause)})`;
    return fail(failure('config_invalid', `${text}. Check --tls-cert and --tls-key.`));
  }
}

/** For this machine: a host of all its addresses is reached as localhost. */
function urlOf(
  config: OrchestratorConfig,
  at: { readonly port: number; readonly tls: boolean },
): string {
  const { host } = config;
  const isHere = isLoopback(host) || host === '0.0.0.0' || host === '::';
  const name = isHere ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `${at.tls ? 'https' : 'http'}://${name}:${at.port}`;
}
