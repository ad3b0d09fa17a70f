import { assertNever } from '../domain/assert.ts';
import type { OperatorName } from '../domain/operator.ts';
import type { DraftFinding, SourceMessage, VectorFinding } from '../kernels/index.ts';
import { trialHead, trialLine } from './kernels-words.ts';
import { printable } from './printable.ts';

/** What came of a draft, line by line. Its messages may quote its author. */
export function draftLines(
  finding: DraftFinding,
  { operator, file }: { readonly operator: OperatorName; readonly file: string },
): readonly string[] {
  const head = (text: string): string => printable(`${text}  ${file} as ${operator}`);
  switch (finding.kind) {
    case 'not-compiled':
      return [head('DOES NOT COMPILE'), ...finding.messages.map((one) => messageLine(one, file))];
    case 'refused':
      return [head('REFUSED'), `  ${printable(finding.why)}`];
    case 'wrong':
      return [
        head('WRONG'),
        ...finding.messages.map((one) => messageLine(one, file)),
        ...finding.vectors.map(vectorLine),
      ];
    case 'right': {
      const worst = Math.max(
        0,
        ...finding.vectors.map((one) => (one.kind === 'right' ? one.share : 0)),
      );
      const found = `${finding.vectors.length} vectors, largest error ${worst.toFixed(3)} of tolerance`;
      const times =
        finding.trials.length === 0 ? [] : [trialHead(), ...finding.trials.map(trialLine)];
      const messages = finding.messages.map((one) => messageLine(one, file));
      return [`${head('right')}  ${found}`, ...messages, ...times];
    }
    case 'device-lost':
      return [head('DEVICE LOST'), `  at ${finding.during}: ${printable(finding.why)}`];
    case 'endless': {
      const remedy = 'look for a loop without an end, or give it longer with --limit';
      const text = `at ${finding.during}: no end within ${finding.limitMs / 1000} s: ${remedy}`;
      return [head('NEVER ENDS'), `  ${text}`];
    }
    case 'crashed':
      return [head('CRASHED'), `  at ${finding.during}: ${printable(finding.why)}`];
    default:
      return assertNever(finding);
  }
}

/** As compilers write it, so that editors find the place. */
function messageLine({ type, line, column, text }: SourceMessage, file: string): string {
  return printable(`${file}:${line}:${column}: ${type}: ${text}`);
}

function vectorLine(finding: VectorFinding): string {
  const of = finding.vector;
  if (finding.kind === 'right') return `  right   ${of}`;
  if (finding.kind === 'failed') return `  FAILED  ${of}: ${printable(finding.why)}`;
  const { wrong, notNumbers, count, worst } = finding;
  const nan = notNumbers === 0 ? '' : `, ${notNumbers} of them NaN`;
  const { at, actual, expected, allowed } = worst;
  const place = `[${at.join(',')}]`;
  const element = `the worst ${place} is ${actual}, not ${expected} +- ${Number(allowed.toPrecision(3))}`;
  return `  WRONG   ${of}: ${wrong} of ${count} elements${nan}; ${element}`;
}
