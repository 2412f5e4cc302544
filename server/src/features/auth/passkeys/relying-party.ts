// Who passkeys are made for: the domain they are bound to, and the pages that may use them (WebAuthn Level 3 §5.1.3, §13.4.9).
import { isIP } from 'node:net';
import type { Caller, Ctx } from '../../../context.ts';

export interface RelyingParty {
  readonly id: string;
  readonly name: string;
  readonly origins: readonly string[];
}

export function readRelyingParty({ config, publicUrl }: Ctx<'config' | 'publicUrl', Caller | null>): RelyingParty {
  const { rp_id, rp_name: name, origins } = config.auth.passkeys;
  const own = new URL(publicUrl());
  // Passkeys are bound to a domain and to no address: the machine's own is reached as localhost, too.
  const isAddress = isIP(own.hostname.replace(/^\[|\]$/g, '')) !== 0;
  const id = rp_id ?? (isAddress ? 'localhost' : own.hostname);
  const asLocalhost =
    isAddress && id === 'localhost' ? [`${own.protocol}//localhost${own.port && `:${own.port}`}`] : [];
  const known = [own.origin, ...asLocalhost, ...config.server.cors_origins, ...origins];
  return {
    id,
    name,
    origins: [...new Set(known.filter((origin) => URL.canParse(origin) && isWithin(id, new URL(origin).hostname)))],
  };
}

const isWithin = (domain: string, host: string): boolean => host === domain || host.endsWith(`.${domain}`);
