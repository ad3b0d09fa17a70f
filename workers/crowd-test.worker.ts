import { serveCrowdTest } from '../src/agent/browser/serve-crowd-test.ts';

// Tests what this device computes rightly, and how fast, as soon as it is made. What it throws
// reaches the page as the worker's error.
void serveCrowdTest((message) => postMessage(message));
