// A real browser without a window, and a virtual authenticator in it: for ceremonies that no library imitates.
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type BrowserContext, type CDPSession, chromium, type Page } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

const ARGUMENTS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** @throws Error that says how to install one */
export function findChromium(env: NodeJS.ProcessEnv = process.env): string {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const candidates = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  const found = [env['CHROMIUM_BINARY'] ?? '', ...candidates].find(isExecutable);
  if (found === undefined)
    throw new Error('no Chromium was found: apt-get install chromium, or name one in CHROMIUM_BINARY');
  return found;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return path !== '';
  } catch {
    return false;
  }
}

export interface TestBrowser {
  /** A tab. All share one profile: cookies, storage. */
  newPage(): Promise<Page>;
  close(): Promise<void>;
}

/** Starts it with a profile of its own, which goes with it. */
export async function startBrowser(): Promise<TestBrowser> {
  const profile = await mkdtemp(join(tmpdir(), 'authcenter-browser-'));
  const remove = () => rm(profile, { recursive: true, force: true, maxRetries: 5 });
  let context: BrowserContext;
  try {
    context = await chromium.launchPersistentContext(profile, { executablePath: findChromium(), args: ARGUMENTS });
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    newPage: () => context.newPage(),
    async close() {
      await context.close();
      await remove();
    },
  };
}

export interface VirtualAuthenticator {
  /** Whether its user gives the PIN or the finger that is asked for. */
  setUserVerified(isUserVerified: boolean): Promise<void>;
  /** How many passkeys it holds. */
  count(): Promise<number>;
  /** Takes it out of the computer. */
  remove(): Promise<void>;
}

/**
 * Puts one that presses its own button into a page (https://chromedevtools.github.io/devtools-protocol/tot/WebAuthn).
 *
 * @param kind - a computer that asks for PIN or finger and keeps passkeys; or a key on a ring, which can do neither
 */
export async function addAuthenticator(
  page: Page,
  kind: 'computer' | 'security key' = 'computer',
): Promise<VirtualAuthenticator> {
  const isComputer = kind === 'computer';
  const cdp: CDPSession = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: isComputer ? 'internal' : 'usb',
      hasResidentKey: isComputer,
      hasUserVerification: isComputer,
      isUserVerified: isComputer,
      automaticPresenceSimulation: true,
    },
  });
  return {
    async setUserVerified(isUserVerified) {
      await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
    },
    count: async () => (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials.length,
    async remove() {
      await cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId });
    },
  };
}
