import { describe, expect, it } from 'vitest';
import type { SessionId } from '../domain/ids.ts';
import { AGENT_SILENT_MS } from '../domain/limits.ts';
import { signsOfLife } from './signs-of-life.ts';

const session = `session_${'A'.repeat(43)}` as SessionId;
const idle = { session, leaseCount: 0 };

describe('signs of life', () => {
  it.each([
    [AGENT_SILENT_MS - 1, true],
    [AGENT_SILENT_MS, false],
  ])('hold for the time of silence: %d ms', (ms, alive) => {
    const life = signsOfLife();
    life.heard(session, 1_000);
    expect(life.isAlive(idle, 1_000 + ms)).toBe(alive);
  });

  it('are none of a session that was never heard, or is forgotten', () => {
    const life = signsOfLife();
    expect(life.isAlive(idle, 0)).toBe(false);
    life.heard(session, 0);
    life.forget(session);
    expect(life.isAlive(idle, 0)).toBe(false);
  });

  it('last while a call is held, until the last of them is not', () => {
    const life = signsOfLife();
    const [release, releaseOther] = [life.held(session), life.held(session)];
    release();
    expect(life.isAlive(idle, 10 * AGENT_SILENT_MS)).toBe(true);
    releaseOther();
    expect(life.isAlive(idle, 10 * AGENT_SILENT_MS)).toBe(false);
  });

  it('are not given by a held call to an agent that holds tasks', () => {
    const life = signsOfLife();
    life.held(session);
    expect(life.isAlive({ session, leaseCount: 1 }, 0)).toBe(false);
  });
});
