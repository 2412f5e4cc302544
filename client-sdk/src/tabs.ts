// The other tabs of the same application: one of them refreshes at a time, and what one finds out the others are told.
import type { Environment } from './environment.ts';
import type { SessionRecord } from './record.ts';
import type { Session } from './session.ts';

/** What tabs tell each other. */
export interface Notice {
  /** The session that it is about. */
  readonly sid: string;
  /** Null: it has ended. */
  readonly record: SessionRecord | null;
}

export interface Tabs {
  /**
   * Runs the work while no other tab runs its own; where there are no Web Locks, at once.
   *
   * @param signal - gives up waiting, and then runs the work all the same: it sees that it has become pointless
   * @param work - told whether another tab held the lock before
   */
  exclusive<T>(signal: AbortSignal, work: (waited: boolean) => Promise<T>): Promise<T>;
  announce(notice: Notice): void;
  /** Resolves with the next notice, or after so many milliseconds. */
  listen(ms: number): Promise<void>;
  close(): void;
}

/** A session that no other tab can know of. */
export const noTabs: Tabs = {
  exclusive: (_signal, work) => work(false),
  announce: () => {},
  listen: async () => {},
  close: () => {},
};

const isNotice = (data: unknown): data is Notice =>
  typeof data === 'object' && data !== null && 'sid' in data && 'record' in data;

export function openTabs(
  name: string,
  env: Pick<Environment, 'locks' | 'openChannel' | 'wait'>,
  onNotice: (notice: Notice) => Promise<void>,
): Tabs {
  const waiting = new Set<() => void>();
  let channel = env.openChannel?.(name);
  if (channel) {
    channel.onmessage = ({ data }) => {
      if (!isNotice(data)) return;
      void onNotice(data).then(() => {
        for (const resolve of waiting) resolve();
      });
    };
    channel.unref?.();
  }

  async function exclusive<T>(signal: AbortSignal, work: (waited: boolean) => Promise<T>): Promise<T> {
    const { locks } = env;
    let begun = false;
    const begin = (waited: boolean): Promise<T> => {
      begun = true;
      return work(waited);
    };
    if (!locks) return begin(false);
    try {
      const free = await locks.request(name, { ifAvailable: true }, async (lock) =>
        lock ? { value: await begin(false) } : null,
      );
      return free ? free.value : await locks.request(name, { signal }, () => begin(true));
    } catch (error) {
      // Locks are refused in sandboxed frames, and waiting ends with the session.
      if (begun) throw error;
      return begin(false);
    }
  }

  return {
    exclusive,
    announce: (notice) => channel?.postMessage(notice),
    async listen(ms) {
      if (!channel) return;
      const heard = new Promise<void>((resolve) => waiting.add(resolve));
      const over = new AbortController();
      await Promise.race([heard, env.wait(ms, over.signal).catch(() => {})]);
      over.abort();
      waiting.clear();
    },
    close() {
      channel?.close();
      channel = undefined;
    },
  };
}

/** What a tab does with what another one found out. */
export function followNotices(session: Session, cookie: boolean): (notice: Notice) => Promise<void> {
  if (cookie) {
    // One cookie for all tabs: whoever signed in elsewhere is signed in here.
    return async ({ sid, record }) => {
      const mine = session.record;
      if (!record) {
        if (mine?.sid === sid) session.adopt(null);
      } else if (mine?.sid !== sid || mine.asked_at < record.asked_at) session.adopt(record);
    };
  }
  return async ({ sid, record }) => {
    // A storage that the tabs share says it all.
    await session.load();
    await session.reload();
    // Where each has its own (a duplicated tab), it is the same session that counts.
    if (session.record?.sid !== sid) return;
    if (!record) await session.replace(null);
    else if (session.record.asked_at < record.asked_at) await session.renew(record);
  };
}
