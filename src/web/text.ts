import type { FailureCode } from '../domain/failure.ts';
import type { JobState } from '../domain/job.ts';
import { BLOCK_CACHE_BYTES_MAX } from '../domain/limits.ts';
import { OPERATORS, type BackendName, type PrimitiveName } from '../domain/operator.ts';
import type { BackendChoice, IdleWhy } from '../agent/browser/index.ts';
import { bytesWords, clockWords, countOf, countWords, wholeDurationWords } from './amounts.ts';

// Every word of the page. Sentence case, plain words, and what is meant by them stays true.

export const GENERAL = {
  brand: 'Manyhands',
  skip: 'Skip to content',
  navigation: 'Pages',
  pages: {
    contribute: 'Contribute',
    network: 'Network',
    simulate: 'Simulate',
    evidence: 'Evidence',
    lab: 'Lab',
    ledger: 'Ledger',
    work: 'My work',
    governance: 'Governance',
  },
  titles: {
    contribute: 'Contribute · Manyhands',
    network: 'Network · Manyhands',
    devices: 'Devices · Manyhands',
    simulate: 'Simulate · Manyhands',
    evidence: 'Evidence · Manyhands',
    lab: 'Lab · Manyhands',
    ledger: 'Ledger · Manyhands',
    work: 'My work · Manyhands',
    governance: 'Governance · Manyhands',
    unknown: 'Page not found · Manyhands',
  },
  loading: 'Loading',
  loadingLate:
    'The orchestrator does not answer, so this part of the page is not here yet. It keeps trying by itself.',
  crashTitle: 'This page failed',
  crashDetail: 'That is a bug. Reloading hands your tasks back and starts afresh; nothing is lost.',
  unknownTitle: 'There is no such page',
  unknownDetail: 'The address may be mistyped.',
  unknownLink: 'Go to Contribute',
  footer: 'Free software under the Apache-2.0 licence. No account, no cookies, no tracking.',
} as const;

export const BACKEND_NAMES: Readonly<Record<BackendName, string>> = {
  webgpu: 'WebGPU',
  wasm: 'WebAssembly',
  native: 'Native CPU',
};

export const PRIMITIVE_NAMES: Readonly<Record<PrimitiveName, string>> = {
  'model.run': 'AI model',
  'ledger.audit': 'Audit of the record',
  matmul: 'Matrix product',
  qmatmul: 'Integer matrix product',
  add: 'Add',
  sub: 'Subtract',
  mul: 'Multiply',
  div: 'Divide',
  max: 'Larger of two',
  min: 'Smaller of two',
  'reduce-sum': 'Sum',
  'reduce-mean': 'Mean',
  'reduce-max': 'Maximum',
  relu: 'ReLU',
  tanh: 'Tanh',
  sigmoid: 'Sigmoid',
  exp: 'Exponential',
  log: 'Logarithm',
  transpose: 'Transpose',
  gelu: 'GELU',
  silu: 'SiLU',
  softmax: 'Softmax',
  'layer-norm': 'Layer norm',
  'rms-norm': 'RMS norm',
  argmax: 'Place of the maximum',
  gather: 'Rows of a table',
  rotary: 'Rotary embedding',
  attention: 'Attention',
  'top-k': 'Places of the highest',
  qlinear: 'Quantized layer',
};

/** Why nothing is computed at the moment: a reason for every idle second. */
export const IDLE_WORDS: Readonly<Record<IdleWhy, { headline: string; detail: string }>> = {
  no_jobs: {
    headline: 'Waiting for work',
    detail: 'Nothing is queued right now. Your tab asks again by itself.',
  },
  all_leased: {
    headline: 'Waiting for work',
    detail: 'Others are computing every open task. You are next when one comes free.',
  },
  missing_primitive: {
    headline: 'Waiting for work that fits',
    detail: 'The open tasks need something that this browser cannot compute correctly.',
  },
  memory_too_small: {
    headline: 'Waiting for work that fits',
    detail: 'The open tasks need more memory than you lend. Raise the memory limit to get them.',
  },
  already_did: {
    headline: 'Waiting for work',
    detail:
      'You, or someone at your address, gave the first answer to every open task. The second must ' +
      'come from someone else.',
  },
  range_at_share: {
    headline: 'Waiting for work',
    detail: 'Devices at your address have as large a part of the open jobs as they may.',
  },
  retry_later: {
    headline: 'Waiting to try again',
    detail: 'The open tasks failed on some devices. They are tried again after a pause.',
  },
  first_results_pending: {
    headline: 'Waiting for the first checks',
    detail: 'Your first results are being checked. More tasks come once they are found right.',
  },
  checks_behind: {
    headline: 'Waiting for checks',
    detail: 'Results come in faster than they can be checked. Tasks go on when that has caught up.',
  },
  quarantined: {
    headline: 'In quarantine',
    detail: 'Results from this browser failed a check, so it gets no work for a while.',
  },
  too_many_leases: {
    headline: 'Catching up',
    detail: 'You hold as many tasks as one device may. New ones come when these are handed in.',
  },
  shutting_down: {
    headline: 'Waiting for a restart',
    detail: 'The orchestrator is restarting. Your tab reconnects by itself.',
  },
  stopped: { headline: 'Stopped', detail: 'Nothing runs until you press Start contributing.' },
  paused: {
    headline: 'Paused',
    detail: 'Nothing is computed, and unfinished tasks went back to the queue.',
  },
  joining: {
    headline: 'Joining',
    detail: 'Checking what this device computes correctly, then joining the network.',
  },
  reconnecting: {
    headline: 'Reconnecting',
    detail: 'The orchestrator does not answer. Your tab keeps trying.',
  },
  refused: { headline: 'Could not join', detail: 'The orchestrator refused this browser.' },
  asking: {
    headline: 'Waiting for work',
    detail: 'Your tab has asked. The orchestrator answers as soon as it has a task for you.',
  },
  fetching_data: {
    headline: 'Fetching data',
    detail: 'Downloading what the next task needs, and checking it against its fingerprint.',
  },
  loading: {
    headline: 'Getting ready',
    detail: 'Loading what the next task needs. The first time takes longest.',
  },
  reporting: { headline: 'Handing in results', detail: 'Sending what was computed.' },
};

/** What a person can do about a failure; where there is nothing, the failure's own words serve. */
export const REMEDIES: Readonly<Partial<Record<FailureCode, string>>> = {
  version_unsupported: 'Reload the page to get the version that this network speaks.',
  key_unusable: 'Allow this site to store data, or leave private browsing, then start again.',
  signature_invalid: 'Reload the page and start again.',
  backend_unsupported: 'Choose another backend under What you lend, then start again.',
  conformance_failed: 'Choose another backend under What you lend, or update the browser.',
  out_of_memory: 'Lower the number of tasks at once, or close other tabs.',
  device_lost: 'The graphics processor was reset. Your tab opens it again by itself.',
  storage_full: 'Free some disk space, then start again.',
  unavailable: 'Check your connection. There is nothing else you need to do.',
  timeout: 'Check your connection. There is nothing else you need to do.',
};

export const JOB_STATE_NAMES: Readonly<Record<JobState, string>> = {
  queued: 'Queued',
  running: 'Running',
  done: 'Done',
  failed: 'Failed',
  canceled: 'Canceled',
};

export const BACKEND_CHOICES: readonly { value: BackendChoice; label: string }[] = [
  { value: 'auto', label: 'Automatic' },
  { value: 'webgpu', label: 'WebGPU' },
  { value: 'wasm', label: 'WASM' },
];

/** How many operators there are, for the sentence that says that nothing else runs. */
export const OPERATOR_COUNT = OPERATORS.length;

/** "Tanh", "Tanh and Logarithm", "Tanh, Exponential and 3 more". */
function listOf(names: readonly string[]): string {
  const [first = '', second = '', ...more] = names;
  if (more.length > 0) return `${first}, ${second} and ${more.length} more`;
  return second === '' ? first : `${first} and ${second}`;
}

const TASKS = { one: 'task', many: 'tasks' };
const ROWS = { one: 'row', many: 'rows' };
const CONTRIBUTORS = { one: 'contributor', many: 'contributors' };
const LANES = { one: 'at once', many: 'at once' };

export const SANDBOX = {
  title: 'This is a sandbox.',
  detail:
    'Agents may lie to this network on purpose, so that its checks can be tried. Nothing here is work that counts.',
};

export const NETWORK = {
  title: 'The network, live',
  lead: 'Who lends a hand right now, and to what.',
  live: 'Live',
  connecting: 'Connecting',
  lost: 'Not reachable',
  lostNever: (remedy: string) =>
    `The orchestrator does not answer. ${remedy} This page keeps trying by itself.`,
  lostSince: (atMs: number) =>
    `The orchestrator does not answer. What you see is from ${clockWords(atMs)}; this page keeps trying by itself.`,
  lostCheck: 'Check that it is running and that you are connected.',
  lostDetail: 'What it said',
  figures: {
    agents: 'Agents here',
    rate: 'Tasks a second',
    rateNote: 'Mean of 10 seconds',
    waiting: 'Tasks waiting',
    accepted: 'Tasks accepted',
    acceptedNote: 'Since this network began',
  },
  throughput: 'Accepted tasks, each second',
  throughputLabel: (sum: number, peak: number) =>
    `Tasks accepted in each of the last 60 seconds: ${countOf(sum, TASKS)} in all, at most ${countWords(peak)} in one second.`,
  throughputPeak: (peak: number) => `Peak ${countWords(peak)}`,
  throughputStart: '60 s ago',
  now: 'Now',
  jobs: 'Jobs',
  jobsOpen: (count: number) => `${countWords(count)} open`,
  jobsEmpty: 'No job has been queued yet. The first one shows here as soon as it is.',
  jobKinds: {
    inference: 'AI model over data',
    operators: 'Matrix calculation',
    audit: 'Audit of the record',
  },
  jobProgressLabel: (name: string) => `Progress of ${name}`,
  jobRows: (done: number, total: number) =>
    `${countWords(done)} of ${countOf(total, ROWS)} accepted`,
  jobStage: (stage: number, count: number) => `stage ${stage} of ${count}`,
  jobLeased: (count: number) => `${countOf(count, TASKS)} being computed`,
  jobChecking: (count: number) => `${countWords(count)} being checked`,
  jobCheckedWhole: 'checked completely',
  jobSampled: (rows: number) => `${countOf(rows, ROWS)} checked by samples`,
  jobAgreed: (rows: number) => `${countOf(rows, ROWS)} where two agree`,
  jobContributors: (count: number) => countOf(count, CONTRIBUTORS),
  jobTook: (duration: string) => `took ${duration}`,
  jobRunsFor: (duration: string) => `for ${duration}`,
  agents: 'Agents',
  agentsShown: (shown: number, count: number) =>
    shown < count ? `${countWords(shown)} of ${countWords(count)} shown` : '',
  agentsEmpty: 'Nobody is here yet. Be the first to lend a hand.',
  agentsEmptyLink: 'Start contributing',
  agentColumns: {
    device: 'Device',
    backend: 'Models run on',
    lanes: 'Tasks at once',
    leases: 'Holds now',
    accepted: 'Accepted',
  },
  agentKinds: { browser: 'Browser tab', native: 'Native agent' },
  agentKindUnknown: 'Agent',
  agentNoModels: 'No models',
  agentUnnamed: 'Unnamed device',
  agentLanes: (lanes: number) => countOf(lanes, LANES),
  agentYou: 'You',
  agentQuarantined: 'In quarantine',
  agentRejected: (count: number) => `${countWords(count)} rejected`,
  devicesLink: 'Which devices compute what rightly',
  server: (version: string, since: string) => `Orchestrator ${version}, up for ${since}.`,
} as const;

export const DEVICE_BACKENDS: readonly { value: BackendName | 'all'; label: string }[] = [
  { value: 'all', label: 'All' },
  { value: 'webgpu', label: 'WebGPU' },
  { value: 'wasm', label: 'WASM' },
  { value: 'native', label: 'Native' },
];

const KEYS = { one: 'key', many: 'keys' };
const KINDS = { one: 'row', many: 'rows' };
const CALCULATIONS = { one: 'calculation', many: 'calculations' };

export const DEVICES = {
  back: 'Back to the network',
  title: 'Which devices compute what rightly',
  lead: 'Every device runs published test vectors when it joins, and uses no backend for what it gets wrong there.',
  caution:
    'This is what devices say of themselves: nobody checks it, each key has one vote, and anyone can make a key. What stands under Checked here was found by this orchestrator, of all results of such devices whatever the backend.',
  table: 'Devices',
  shown: (shown: number, count: number) =>
    shown < count ? `${countWords(shown)} of ${countOf(count, KINDS)}` : countOf(count, KINDS),
  empty: 'No device has joined since this table was begun.',
  emptyLink: 'Be the first',
  noneMatch: 'No device is left by these filters.',
  filterBackend: 'Backend',
  filterHint: {
    all: 'Wherever it is computed.',
    webgpu: 'On the graphics processor, through WebGPU.',
    wasm: 'On the processor, through WebAssembly.',
    native: 'On the processor, through ONNX Runtime in Node.',
  },
  filterFailures: 'Only with failures',
  columns: { device: 'Device', backend: 'Backend', checked: 'Checked here' },
  groups: {
    products: 'Products and transpose',
    rows: 'Whole rows',
    elements: 'Element by element',
    reductions: 'Over an axis',
    functions: 'Functions',
  },
  noGpu: 'No GPU offered',
  keys: (count: number) => countOf(count, KEYS),
  seen: (agoMs: number) =>
    agoMs < 60_000 ? 'seen just now' : `seen ${wholeDurationWords(agoMs)} ago`,
  untried: 'Not tried',
  allRight: (count: number) => (count === 1 ? 'Right' : `All ${count} right`),
  someRight: (count: number) => `${count} right`,
  someWrong: (count: number) => `${count} wrong`,
  somePartly: (count: number) => `${count} on some devices only`,
  whatFailed: (count: number) => `What failed: ${countOf(count, CALCULATIONS)}`,
  failedOn: (failed: number, all: number) =>
    failed === all
      ? `wrong on all of ${countOf(all, KEYS)}. `
      : `wrong on ${failed} of ${countOf(all, KEYS)}. `,
  accepted: (count: string) => `${count} accepted`,
  rejected: (count: string) => `${count} rejected`,
  howFast: (count: number) => `How fast, by ${countOf(count, KEYS)}`,
  download: 'The whole table as JSON',
};

const CATCHES = { one: 'catch', many: 'catches' };

export const CANARIES = {
  title: 'Canaries',
  lead: 'Agents that lie by the operator’s order, to see how quickly that is noticed. Nothing they report is used.',
  empty:
    'No canary has been at work since this orchestrator started. Its operator can run some with “manyhands canary”: agents that lie, to see how quickly that is noticed.',
  running: (count: number) => `${countWords(count)} at work`,
  none: '–',
  figures: {
    caught: 'Caught',
    median: 'Time to catch, median',
    worst: 'Time to catch, worst',
    misses: 'Accepted before',
    missesNote: 'Results, none of them used',
  },
  uncaught: (count: number) => `${countWords(count)} left uncaught`,
  measured: (count: number) => `Of the last ${countOf(count, CATCHES)}`,
  columns: {
    lie: 'Kind of lie',
    state: 'What became of it',
    time: 'Time to catch',
    misses: 'Accepted before',
  },
  states: { running: 'Not caught yet', caught: 'Caught', left: 'Left uncaught' },
} as const;

export const CONTRIBUTE = {
  welcome: 'Many hands make light work',
  welcomeDetail:
    'Lend a hand to one community-owned AI model. Your browser computes small pieces of real jobs, as much as you allow, for as long as you like.',
  start: 'Start contributing',
  pause: 'Pause',
  resume: 'Resume',
  stop: 'Stop',
  reload: 'Reload the page',
  startNote: 'Nothing runs until you press it. Closing the tab stops it.',
  controls: 'Controls',
  promises: [
    {
      title: 'You decide how much',
      detail: 'Choose how many tasks and how much memory. Pause at once, at any time.',
    },
    {
      title: 'It stays in the tab',
      detail: 'Only fixed mathematics, inside the browser’s sandbox. No installation, no account.',
    },
    {
      title: 'Every result is checked',
      detail: 'Nothing enters an output on one stranger’s word, and you see what was accepted.',
    },
  ],
  computing: 'Computing',
  computingDetail: (jobs: readonly string[]) =>
    `Tasks of ${jobs.length <= 2 ? jobs.join(' and ') : `${jobs[0]} and ${jobs.length - 1} other jobs`}`,
  asksAgainIn: 'Asks again in',
  triesAgainIn: 'Tries again in',
  endsIn: 'Ends in',
  now: 'a moment',
  elsewhere: 'Running in another tab',
  elsewhereDetail:
    'This browser already contributes in another tab. One tab uses all that you lend, so only one computes.',
  waiting: 'Next in line',
  waitingDetail: 'This tab takes over as soon as the other one closes or stops.',
  takeOver: 'Continue here when it closes',
  startFailed: 'Could not start',
  unsupported: 'This browser cannot contribute',
  unsupportedDetail: (missing: readonly string[]) =>
    `It lacks ${missing.join(', ')}. A current Chrome, Edge, Firefox or Safari will do.`,
  missing: {
    secureContext: 'a secure address (https, or localhost)',
    worker: 'module workers',
    wasm: 'WebAssembly',
    locks: 'Web Locks',
    database: 'IndexedDB',
    crypto: 'Web Crypto',
  },
  quarantineReason: (reason: string) => `The reason: ${reason}`,
  quarantineEvidence: 'See the evidence, and check it yourself',
  quarantineUntil: (untilMs: number) => `It ends at ${clockWords(untilMs)}.`,
  said: 'What exactly happened',
  figuresLabel: 'Your contribution',
  figures: {
    accepted: 'Accepted',
    acceptedNote: (count: number) => `${countWords(count)} this session`,
    checking: 'Being checked',
    checkingNote: 'Not yet judged',
    rejected: 'Rejected',
    rejectedNote: 'Failed a check',
    computed: 'Computed',
    computedNote: (rows: number) => `${countOf(rows, ROWS)} this session`,
  },
  session: 'Accepted this session',
  sessionEmpty: 'The first accepted task shows here.',
  sessionLabel: (count: number, since: string) =>
    `${countOf(count, TASKS)} accepted since ${since}.`,
  sessionTotal: (count: number) => countOf(count, TASKS),
  nowAxis: 'Now',
  current: 'Computing now',
  currentNone: (why: string) => `Nothing at the moment: ${why.toLowerCase()}.`,
  currentQuick: 'Small tasks, one after the other, each too quick to show.',
  currentNext: 'The next task is on its way.',
  currentLanes: (busy: number, lanes: number) => `${busy} of ${lanes} at once`,
  taskOf: (index: number) => `task ${countWords(index)}`,
  taskLoading: 'Getting ready',
  taskOn: (what: string, backend: string) => `${what} on ${backend}`,
  taskProgressLabel: (name: string) => `Progress of your task of ${name}`,
  taskProgress: (done: number, total: number) => `${countWords(done)} of ${countOf(total, ROWS)}`,
  tasksAhead: (count: number) => `${countWords(count)} more in line.`,
  limits: 'What you lend',
  limitsNote: 'Remembered in this browser',
  lanes: 'Tasks at once',
  lanesWords: (lanes: number, cores: number) => `${lanes} of ${cores}`,
  lanesHint: 'Each keeps one processor core busy. Fewer leave more for you.',
  memory: 'Memory',
  memoryHint: 'The most that all tasks together may use.',
  backend: 'Compute with',
  backendHint: {
    auto: 'The graphics processor where it computes correctly, otherwise the processor.',
    webgpu: 'The graphics processor. What it computes wrongly falls back to the processor.',
    wasm: 'The processor only, through WebAssembly.',
  },
  limitsRejoin: 'A change drops what is being computed and joins again.',
  selfTestWrong: (backend: string, names: readonly string[]) =>
    `This device computes ${listOf(names)} wrongly on ${backend}.`,
  selfTestFellBack: (backend: string) => `It now uses ${backend} for that.`,
  selfTestWithout: 'It now does without.',
  selfTestRemedy:
    'Often a newer graphics driver or browser mends it, or a cooler machine. Results that may have been wrong were taken back.',
  selfTestQuarantine: 'The test vectors were run again because of the quarantine.',
  selfTestRight:
    'This device computes all of them rightly, so they do not tell why its results were rejected.',
  device: 'This device',
  deviceLabel: 'Browser',
  deviceGpu: 'Graphics',
  deviceGpuNone: 'No usable WebGPU',
  deviceCores: 'Logical cores',
  deviceKey: 'Your key',
  runsNowhere: 'Not possible here',
  everyPrimitive: 'Every calculation, and where it runs',
  operators: 'Matrix calculations',
  operatorsAble: (able: number) => `${able} of ${OPERATOR_COUNT}`,
  models: 'AI models',
  fellBack: (backend: string, why: string) => `${backend} did not pass: ${why}`,
  primitiveColumns: { primitive: 'Calculation', backend: 'Runs on' },
  aboutTitle: 'What is computed, and for whom',
  about: [
    {
      title: 'Jobs become tasks',
      detail:
        'Someone with a key to this network submits a job: an AI model over many rows of data, or a calculation with matrices. The orchestrator cuts it into tasks of a few seconds.',
    },
    {
      title: 'Your tab takes a few',
      detail:
        'It fetches the data it needs, checks that against its fingerprint, computes, signs the result and hands it in. If you leave, the task goes to someone else and nothing is lost.',
    },
    {
      title: 'Results are checked',
      detail:
        'Two different devices compute the same task, or the orchestrator recomputes part of it. Only then is it accepted and becomes part of the job’s output.',
    },
  ],
  questionsTitle: 'Good to know',
  questions: [
    {
      question: 'How do I stop?',
      answer: [
        'Press Stop or Pause: computing ends at that moment, unfinished tasks go back to the queue, and nothing is finished behind your back. Closing the tab does the same. Nothing stays installed and nothing starts by itself.',
      ],
    },
    {
      question: 'What can it do to my machine?',
      answer: [
        'It uses processor and graphics time, so the machine gets warmer, fans may turn faster and a battery empties sooner. It downloads models and data, up to a few hundred megabytes for large ones. The sliders set the most it takes.',
        'It cannot read your files, see other tabs or install anything: it runs in the browser’s sandbox like any page.',
      ],
    },
    {
      question: 'What exactly may run here?',
      answer: [
        `Only ${OPERATOR_COUNT} published matrix calculations, and AI models in the ONNX format, which are data. No job can send code to your browser.`,
      ],
    },
    {
      question: 'What does it store and what does it know about me?',
      answer: [
        `In this browser’s storage: a key made here, your limits, and a cache of models and data of at most ${bytesWords(BLOCK_CACHE_BYTES_MAX)}. Clearing the site’s data removes all of it.`,
        'The orchestrator sees your key, what the browser says about the device and, like any website, your network address. Others see the first 8 characters of your key, the device’s name and your counts on the Network page.',
      ],
    },
  ],
} as const;
