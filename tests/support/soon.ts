/** For `vi.waitFor`: what one instance tells another comes in milliseconds, and on a machine that is busy when it comes. */
export const soon = { timeout: 15_000, interval: 10 };
