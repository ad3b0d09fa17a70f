import { createRoot } from 'react-dom/client';
import { assert } from '../../domain/assert.ts';
import type { SupervisedAgent } from '../../agent/browser/index.ts';
import { succeed } from '../../domain/outcome.ts';
import { App, type Contribution } from '../app.tsx';
import { sessionHistoryOf, type SessionHistory } from '../session-history.ts';
import { AGENT_STORIES, HISTORY } from './agent-stories.ts';
import { networkAnswer, type NetworkStory } from './network-stories.ts';

// Not part of the page: shows it in every state, to be looked at with
// `npx vite` and /stories/stories.html?story=<name>, where a name is one of AGENT_STORIES,
// 'unsupported', 'network', 'network-empty' or 'network-lost'.

const name = new URLSearchParams(location.search).get('story') ?? 'welcome';
const root = document.getElementById('root');
assert(root !== null, 'stories.html has an element #root');
history.replaceState(null, '', name.startsWith('network') ? '/network' : '/');
globalThis.fetch = async () => networkAnswer(name as NetworkStory);
createRoot(root).render(<App contribution={contributionOf(name)} />);

function contributionOf(story: string): Contribution {
  if (story === 'unsupported') return { kind: 'unable', missing: ['WebAssembly', 'Web Locks'] };
  const snapshot = AGENT_STORIES[story] ?? AGENT_STORIES['computing'];
  assert(snapshot !== undefined, 'the story of computing is there');
  const answer = async () => succeed(undefined);
  const agent: SupervisedAgent = {
    snapshot: () => snapshot,
    subscribe: () => () => {},
    start: answer,
    pause: answer,
    resume: answer,
    stop: answer,
    setLimits: answer,
    close: () => {},
  };
  const recorded: SessionHistory = { snapshot: () => HISTORY, subscribe: () => () => {} };
  const hasHistory = snapshot.snapshot !== null && snapshot.snapshot.standing !== null;
  return { kind: 'able', agent, history: hasHistory ? recorded : sessionHistoryOf(agent) };
}
