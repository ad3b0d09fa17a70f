import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { superviseAgent } from '../agent/browser/index.ts';
import { assert } from '../domain/assert.ts';
import { App, type Contribution } from './app.tsx';
import { missingFeatures } from './browser-support.ts';
import { sessionHistoryOf } from './session-history.ts';

const root = document.getElementById('root');
assert(root !== null, 'index.html has an element #root');
createRoot(root).render(
  <StrictMode>
    <App contribution={contributionHere()} />
  </StrictMode>,
);

function contributionHere(): Contribution {
  const missing = missingFeatures();
  if (missing.length > 0) return { kind: 'unable', missing };
  const agent = superviseAgent();
  return { kind: 'able', agent, history: sessionHistoryOf(agent) };
}
