import { expose } from 'comlink';
import { browserAgent } from '../src/agent/browser/browser-agent.ts';

// The agent of a tab: everything but computing, which has workers of its own.
expose(browserAgent());
