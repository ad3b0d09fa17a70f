import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installDebianPackages } from './debian-packages.ts';
import { ensureBrowser } from './install-browser.ts';
import { buildPageIfStale } from './page-build.ts';
import { POSTGRES_VARIABLE, startPostgres, type PostgresServer } from './postgres.ts';
import { endProgramsOnInterrupt, runProgram } from './program.ts';
import { ensureVulkanLoader, softwareVulkan } from './software-gpu.ts';
import {
  closingLine,
  countPlaywright,
  countVitest,
  sumCounts,
  withExitCode,
  type TestCount,
} from './test-count.ts';

/** A gRPC client of other hands, and what compiles our protos for it. */
const FOREIGN_CLIENT = [
  'python3-grpcio',
  'python3-cryptography',
  'protobuf-compiler',
  'protobuf-compiler-grpc',
  // Brings google/protobuf/*.proto, which the compiler alone does not.
  'libprotobuf-dev',
];

/**
 * `npm test`: everything, the real browser too; `npm test -- PATTERN` the files whose path has the
 * pattern. The last line counts all tests.
 */
export async function main(patterns: readonly string[]): Promise<number> {
  endProgramsOnInterrupt();
  const browser = await ensureBrowser();
  if (browser === null) return 1;
  await ensureVulkanLoader(browser);
  await installForeignClient();
  await buildPageIfStale();
  const postgres = await startPostgres();
  const reports = mkdtempSync(join(tmpdir(), 'manyhands-tests-'));
  try {
    const environment = testEnvironment(browser, postgres);
    const counts = [
      await runVitest({ patterns, environment, report: join(reports, 'vitest.json') }),
      await runPlaywright({ patterns, environment, report: join(reports, 'playwright.json') }),
    ];
    return conclude(sumCounts(counts), patterns);
  } finally {
    postgres?.stop();
    rmSync(reports, { recursive: true, force: true });
  }
}

function conclude(count: TestCount, patterns: readonly string[]): number {
  const isEmpty = count.passed + count.failed + count.skipped === 0;
  if (isEmpty) console.error(`No test file's path contains ${patterns.join(' or ')}.`);
  console.log(`\n${closingLine(count)}`);
  return isEmpty || count.failed > 0 ? 1 : 0;
}

type SuiteRun = {
  readonly patterns: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly report: string;
};

async function runVitest({ patterns, environment, report }: SuiteRun): Promise<TestCount> {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const command = ['vitest', 'run', '--config', 'e2e/vitest.config.ts', ...reporters, ...patterns];
  const { code } = await runProgram(command, { shown: true, environment });
  return withExitCode(countOf(report, countVitest), code);
}

async function runPlaywright({ patterns, environment, report }: SuiteRun): Promise<TestCount> {
  const flags = ['--config', 'e2e/playwright.config.ts', '--pass-with-no-tests'];
  const command = ['playwright', 'test', ...flags, '--reporter=list,json', ...patterns];
  const options = { ...environment, PLAYWRIGHT_JSON_OUTPUT_FILE: report };
  const { code } = await runProgram(command, { shown: true, environment: options });
  return withExitCode(countOf(report, countPlaywright), code);
}

/** Counts a report; none was written where the runner broke, which its exit code tells. */
function countOf<Report>(path: string, count: (report: Report) => TestCount): TestCount {
  try {
    // Written by the runner that this function was chosen for.
    return count(JSON.parse(readFileSync(path, 'utf8')) as Report);
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}

function testEnvironment(
  browser: string,
  postgres: PostgresServer | null,
): Readonly<Record<string, string>> {
  // Dawn in Node finds no GPU by itself where only Chromium's software one is installed.
  const vulkan = process.env['VK_ICD_FILENAMES'] ?? softwareVulkan(browser);
  return {
    CHROMIUM_PATH: browser,
    ...(vulkan === null ? {} : { VK_ICD_FILENAMES: vulkan }),
    ...(postgres === null ? {} : { [POSTGRES_VARIABLE]: postgres.url }),
  };
}

async function installForeignClient(): Promise<void> {
  const isHere = (name: string, ...args: string[]): boolean => spawnSync(name, args).status === 0;
  if (
    isHere('/usr/bin/python3', '-c', 'import grpc, cryptography') &&
    isHere('protoc', '--version') &&
    isHere('test', '-x', '/usr/bin/grpc_python_plugin') &&
    isHere('test', '-e', '/usr/include/google/protobuf/duration.proto')
  ) {
    return;
  }
  const purpose = 'For the test with a foreign gRPC client';
  if (await installDebianPackages(FOREIGN_CLIENT, { purpose })) return;
  console.log('The test with a foreign gRPC client will be skipped: its tools are not here.');
}
