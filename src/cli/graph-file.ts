import { failure } from '../domain/failure.ts';
import type { OperatorsSpec } from '../domain/job.ts';
import { GRAPH_NODES_MAX } from '../domain/limits.ts';
import { OPERATORS, type OperatorNode } from '../domain/operator.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';

/** A graph as its JSON file says it; input files are paths as written there. */
export type GraphFile = {
  readonly inputs: ReadonlyMap<string, string | null>;
  readonly nodes: OperatorsSpec['nodes'];
  readonly outputs: readonly string[];
};

/** For --help. */
export const GRAPH_FILE_HELP = `Graph file (JSON):
  {
    "inputs":  { "A": "a.npy", "B": "b.npy" },
    "nodes":   [ { "operator": "matmul", "inputs": ["A", "B"], "output": "C" },
                 { "operator": "reduce-sum", "inputs": ["C"], "axis": 1, "output": "D" } ],
    "outputs": [ "D" ]
  }
  Paths are relative to the graph file; null leaves one to --input NAME=FILE, which also
  replaces a path. Nodes stand in an order in which they can run.
  Operators: ${OPERATORS.join(', ')}.`;

/**
 * Reads a graph file. What the graph computes is checked by the orchestrator; here only that it
 * says one.
 *
 * Errors: input_malformed, input_invalid, operator_unsupported, limit_exceeded.
 */
export function parseGraphFile(text: string): Outcome<GraphFile> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    return malformed(`it is not JSON (${cause instanceof Error ? cause.message : 'unknown'})`);
  }
  if (!isRecord(json)) return malformed('it is not a JSON object');
  const unknown = Object.keys(json).find((key) => !['inputs', 'nodes', 'outputs'].includes(key));
  if (unknown !== undefined) return malformed(`it has an unknown field "${unknown}"`);
  const { inputs, nodes, outputs } = json;
  if (!isRecord(inputs)) return malformed('"inputs" must be an object of name: file');
  const files = new Map<string, string | null>();
  for (const [name, file] of Object.entries(inputs)) {
    if (typeof file !== 'string' && file !== null) {
      return malformed(`input "${name}" must be the path of a .npy file, or null`);
    }
    files.set(name, file);
  }
  if (!isStrings(outputs) || outputs.length === 0) {
    return malformed('"outputs" must be a list of names, at least one');
  }
  const parsed = parseNodes(nodes);
  return parsed.ok ? succeed({ inputs: files, nodes: parsed.value, outputs }) : parsed;
}

function parseNodes(nodes: unknown): Outcome<readonly OperatorNode[]> {
  if (!Array.isArray(nodes) || nodes.length === 0) {
    return malformed('"nodes" must be a list of operator calls, at least one');
  }
  if (nodes.length > GRAPH_NODES_MAX) {
    const text = `the graph has ${nodes.length} nodes, and ${GRAPH_NODES_MAX} are allowed`;
    return fail(failure('limit_exceeded', `${text}. Submit it in parts.`));
  }
  const parsed: OperatorNode[] = [];
  for (const [index, node] of nodes.entries()) {
    const outcome = parseNode(node, `node ${index + 1}`);
    if (!outcome.ok) return outcome;
    parsed.push(outcome.value);
  }
  return succeed(parsed);
}

function parseNode(node: unknown, which: string): Outcome<OperatorNode> {
  if (!isRecord(node)) return malformed(`${which} is not an object`);
  const { operator, inputs, output, axis, ...rest } = node;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) return malformed(`${which} has an unknown field "${unknown}"`);
  const known = OPERATORS.find((name) => name === operator);
  if (known === undefined) {
    const text = `${which} has the operator ${JSON.stringify(operator)}`;
    return fail(failure('operator_unsupported', `${text}. There are: ${OPERATORS.join(', ')}.`));
  }
  if (!isStrings(inputs)) return malformed(`${which}: "inputs" must be a list of names`);
  if (typeof output !== 'string') return malformed(`${which}: "output" must be a name`);
  if (axis === undefined) return succeed({ operator: known, inputs, output });
  if (typeof axis !== 'number' || !Number.isInteger(axis) || axis < 0 || axis > 7) {
    return malformed(`${which}: "axis" must be a whole number from 0 to 7`);
  }
  return succeed({ operator: known, inputs, output, axis });
}

function malformed(why: string): Outcome<never> {
  return fail(failure('input_malformed', `the graph file cannot be used: ${why}. See --help.`));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
