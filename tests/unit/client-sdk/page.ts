// A web page for the SDK's tests: an address, a storage of its tab, and what it was told to load.
import type { Page } from '../../../client-sdk/src/environment.ts';

export interface TestPage extends Page {
  /** Addresses that it left for. */
  readonly left: URL[];
  /** Comes here, as somebody who types it or is sent here. */
  visit(href: string): void;
  readonly kept: Map<string, string>;
}

export function createPage(start: string): TestPage {
  const kept = new Map<string, string>();
  const left: URL[] = [];
  let href = start;
  return {
    get href() {
      return href;
    },
    left,
    kept,
    visit(next) {
      href = next;
    },
    assign: (url) => void left.push(new URL(url)),
    replace(url) {
      href = url;
    },
    storage: {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => void kept.set(key, value),
      removeItem: (key) => void kept.delete(key),
    },
  };
}
