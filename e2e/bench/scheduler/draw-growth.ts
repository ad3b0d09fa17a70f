// Draws docs/images/scheduler-growth.svg from figures of the core:
// `npm run bench -- scheduler --json | node e2e/bench/scheduler/draw-growth.ts`.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ROOT } from '../../setup/program.ts';
import type { Figure, Line } from '../figure.ts';

const WIDTH = 720;
const HEIGHT = 400;
const LEFT = 90;
const RIGHT = 20;
const TOP = 50;
const BOTTOM = 60;
const RATES = [100_000, 1_000_000, 10_000_000];
const TASKS = [10_000, 100_000, 1_000_000];
const LABELLED_AT = 12_000;

type Point = {
  readonly tasks: number;
  readonly agents: number;
  readonly batch: number;
  readonly ours: number;
  readonly peer: number;
};

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #333 }
  .title { font-size: 16px; font-weight: 600 } .note { font-size: 11px; fill: #666 }
  line { stroke: #ccc } polyline { fill: none; stroke-width: 2 }
  .ours { stroke: #0b6e4f } circle.ours { fill: #0b6e4f }
  .peer { stroke: #8a8a8a; stroke-dasharray: 5 4 } circle.peer { fill: #8a8a8a }
  @media (prefers-color-scheme: dark) {
    text { fill: #ddd } .note { fill: #aaa } line { stroke: #444 }
    .ours { stroke: #4fc99b } circle.ours { fill: #4fc99b }
  }`;

const input = await text(process.stdin);
const lines = input
  .split('\n')
  .filter((line) => line.startsWith('{'))
  // Printed by the benches.
  .map((line) => JSON.parse(line) as Line);
const points = lines.flatMap((line) => ('value' in line ? pointOf(line) : []));
if (points.length < 2) throw new Error('pipe the JSON lines of the scheduler bench into this');
points.sort((a, b) => a.tasks - b.tasks || a.agents - b.agents);
const path = join(ROOT, 'docs/images/scheduler-growth.svg');
writeFileSync(path, drawing(points));
console.log(`Wrote ${path}`);

function pointOf(figure: Figure): Point[] {
  if (!/^core-(growth|lifecycles)/.test(figure.name)) return [];
  const [, batch, tasks, agents] =
    /(\d+) a call; (\d+) tasks with (\d+) agents/.exec(figure.work) ?? [];
  if (batch === undefined || tasks === undefined || agents === undefined) return [];
  const { ours, peerValue: peer } = figure;
  return [{ tasks: Number(tasks), agents: Number(agents), batch: Number(batch), ours, peer }];
}

function drawing(of: readonly Point[]): string {
  const plots = [
    { name: 'ours', label: 'the scheduler', at: (point: Point) => point.ours },
    { name: 'peer', label: 'a queue and a map, no rules', at: (point: Point) => point.peer },
  ];
  const drawn = plots.flatMap(({ name, label, at }) => {
    const places = of.map((point) => ({ x: xOf(point.tasks), y: yOf(at(point)), point }));
    const line = places.map(({ x, y }) => `${x},${y}`).join(' ');
    const [first] = places;
    return [
      `<polyline class="${name}" points="${line}"/>`,
      ...places.map(({ x, y }) => `<circle class="${name}" cx="${x}" cy="${y}" r="4"/>`),
      `<text x="${xOf(LABELLED_AT)}" y="${(first?.y ?? 0) - 14}">${label}</text>`,
    ];
  });
  const notes = of.map(({ tasks, agents, batch, ours }, index) => {
    const below = yOf(ours) + (index % 2 === 0 ? 20 : 34);
    return `<text class="note" x="${xOf(tasks)}" y="${below}" text-anchor="middle">${short(agents)} · ${batch}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="title">`,
    '<title id="title">Task lifecycles a second on one core, by open tasks</title>',
    `<style>${STYLE}</style>`,
    `<text x="${LEFT}" y="24" class="title">Task lifecycles a second on one core</text>`,
    ...RATES.map((rate) => gridLine({ y: yOf(rate), label: short(rate) })),
    ...TASKS.map((tasks) => tick({ x: xOf(tasks), label: short(tasks) })),
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 14}" text-anchor="middle">open tasks (below each point: agents · tasks a call)</text>`,
    ...drawn,
    ...notes,
    '</svg>\n',
  ].join('\n');
}

function gridLine({ y, label }: { y: number; label: string }): string {
  return `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}"/><text x="${LEFT - 10}" y="${y + 4}" text-anchor="end">${label}</text>`;
}

function tick({ x, label }: { x: number; label: string }): string {
  const y = HEIGHT - BOTTOM;
  return `<line x1="${x}" x2="${x}" y1="${TOP}" y2="${y}"/><text x="${x}" y="${y + 20}" text-anchor="middle">${label}</text>`;
}

function xOf(tasks: number): number {
  return place(tasks, { from: 5_000, to: 1_300_000, start: LEFT, end: WIDTH - RIGHT });
}

function yOf(rate: number): number {
  return place(rate, { from: 100_000, to: 12_000_000, start: HEIGHT - BOTTOM, end: TOP });
}

/** On a logarithmic axis. */
function place(
  value: number,
  axis: { from: number; to: number; start: number; end: number },
): number {
  const share = Math.log(value / axis.from) / Math.log(axis.to / axis.from);
  return Math.round(axis.start + share * (axis.end - axis.start));
}

function short(count: number): string {
  if (count >= 1_000_000) return `${count / 1_000_000} M`;
  return count >= 1_000 ? `${count / 1_000} k` : String(count);
}
