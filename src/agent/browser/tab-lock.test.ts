import { afterEach, describe, expect, it } from 'vitest';
import { tabLock, type TabLock } from './tab-lock.ts';

// Node has Web Locks too: two of these in one process are as two tabs of one browser.

const locks: TabLock[] = [];
afterEach(() => locks.splice(0).forEach((lock) => lock.release()));

function tab(): TabLock {
  const lock = tabLock();
  locks.push(lock);
  return lock;
}

describe('where computing goes on', () => {
  it('is nowhere else while nobody computes', async () => {
    expect(await tab().place()).toBe('here');
  });

  it('is here for the tab that computes, and elsewhere for the other', async () => {
    const [first, second] = [tab(), tab()];
    expect(await first.acquire()).toBe(true);
    expect([await first.place(), await second.place()]).toEqual(['here', 'elsewhere']);
  });

  it('is no other tab right after this one has stopped', async () => {
    const lock = tab();
    await lock.acquire();
    lock.release();
    expect(await lock.place()).toBe('here');
  });

  it('is awaited by a tab that stands in line', async () => {
    const [first, second] = [tab(), tab()];
    await first.acquire();
    const acquired = second.acquire();
    expect(await second.place()).toBe('waiting');
    first.release();
    expect(await acquired).toBe(true);
    expect([await first.place(), await second.place()]).toEqual(['elsewhere', 'here']);
  });
});

describe('a tab that stops before its turn', () => {
  it('never computes, though nobody else does', async () => {
    const lock = tab();
    const acquired = lock.acquire();
    lock.release();
    expect(await acquired).toBe(false);
    expect(await tab().acquire()).toBe(true);
  });

  it('leaves the line', async () => {
    const [first, second] = [tab(), tab()];
    await first.acquire();
    const acquired = second.acquire();
    second.release();
    expect(await acquired).toBe(false);
    expect(await second.place()).toBe('elsewhere');
  });

  it('may be started again', async () => {
    const lock = tab();
    const acquired = lock.acquire();
    lock.release();
    expect(await acquired).toBe(false);
    expect(await lock.acquire()).toBe(true);
  });
});
