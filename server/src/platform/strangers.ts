// Requests to addresses that people enter: into no private network, whatever a name resolves to at the moment of the connection; redirects never followed.
import { type LookupAddress, lookup as resolve } from 'node:dns';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Whom requests may go to beside the public internet. */
export interface StrangerRules {
  /** The tests and the neighbour process of development. */
  readonly allowLoopback: boolean;
  /** Names or addresses as they stand in URLs. */
  readonly allowPrivate: readonly string[];
  /** Milliseconds for the whole of a request. */
  readonly timeout: number;
}

export interface StrangerRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

/** Posts; answers the status. @throws Error that says, without telling of the network, what went wrong */
export type SendToStranger = (url: string, request: StrangerRequest) => Promise<number>;

/** Azure's own services, among them what hands out credentials, under an address that looks public. */
const AZURE_PLATFORM = '168.63.129.16';
const PUBLIC_IPV6 = ipaddr.parseCIDR('2000::/3') as [ipaddr.IPv6, number];

/** Whether an address belongs to the public internet: not private, shared, link-local (metadata services), multicast, reserved, nor a tunnel to such. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  if (parsed.range() !== 'unicast') return false;
  return parsed instanceof ipaddr.IPv6 ? parsed.match(PUBLIC_IPV6) : parsed.toString() !== AZURE_PLATFORM;
}

const isLoopback = (address: string): boolean =>
  ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback';

/** What `url.hostname` is without the brackets of IPv6. */
const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1');

/** Whether a URL names an address, and one that nothing is sent to; of names only the connection can tell. */
export function namesForbiddenAddress(url: string, rules: StrangerRules): boolean {
  const host = hostOf(new URL(url));
  return isIP(host) !== 0 && !isAllowed(host, host, rules);
}

const isAllowed = (host: string, address: string, { allowLoopback, allowPrivate }: StrangerRules): boolean =>
  isPublicAddress(address) || allowPrivate.includes(host) || (allowLoopback && isLoopback(address));

const FORBIDDEN = 'the address is not in the public internet';

export function createStrangerSender(rules: StrangerRules): SendToStranger {
  // Of what a name resolves to, the connection gets only what was looked at here: a second question could be answered otherwise.
  const lookupFor =
    (host: string): LookupFunction =>
    (name, options, answer) =>
      resolve(name, { ...options, all: true }, (error, addresses) => {
        const allowed = (addresses ?? []).filter(({ address }) => isAllowed(host, address, rules));
        const [first] = allowed;
        if (error) answer(error, '', 0);
        else if (!first) answer(new Error(FORBIDDEN), '', 0);
        else if (options.all) (answer as (error: null, all: LookupAddress[]) => void)(null, allowed);
        else answer(null, first.address, first.family);
      });

  return (url, { headers, body, signal }) =>
    new Promise((resolveStatus, reject) => {
      const target = new URL(url);
      const host = hostOf(target);
      // What is an address already is not looked up.
      if (namesForbiddenAddress(url, rules)) return reject(new Error(FORBIDDEN));
      const timeout = AbortSignal.timeout(rules.timeout);
      const send = target.protocol === 'https:' ? requestHttps : requestHttp;
      const request = send(
        target,
        {
          method: 'POST',
          headers: { ...headers, 'content-length': Buffer.byteLength(body) },
          lookup: lookupFor(host),
          signal: AbortSignal.any([signal, timeout]),
          // A connection kept for later would be used again without another look.
          agent: false,
        },
        (response) => {
          resolveStatus(response.statusCode ?? 0);
          // Nobody reads what a stranger says.
          response.destroy();
        },
      );
      request.on('error', (error) =>
        reject(
          new Error(
            timeout.aborted
              ? `did not answer within ${rules.timeout} ms`
              : error.message === FORBIDDEN
                ? FORBIDDEN
                : `could not be reached (${'code' in error ? String(error.code) : 'failed'})`,
          ),
        ),
      );
      request.end(body);
    });
}
