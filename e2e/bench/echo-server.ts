import { create } from '@bufbuild/protobuf';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { createServer } from 'node:http';
import {
  AgentService,
  ReportResultsResponseSchema,
  reportFromBytes,
  ResultStatus,
} from '../../src/wire/index.ts';

/**
 * The ceiling of the tiny-tasks bench, a process of its own: `node echo-server.ts PORT`.
 *
 * connect-node with our messages and nothing behind it: a report is parsed and answered.
 */
const adapter = connectNodeAdapter({
  routes: (router) =>
    router.rpc(AgentService.method.reportResults, (request) => {
      const report = reportFromBytes(request.report);
      const count = report.ok ? report.value.results.length : 0;
      return create(ReportResultsResponseSchema, {
        statuses: Array.from({ length: count }, () => ResultStatus.RECEIVED),
        standing: {},
      });
    }),
});
createServer(adapter).listen(Number(process.argv[2]), '127.0.0.1', () => console.log('ready'));
