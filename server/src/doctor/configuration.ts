// What the configuration alone tells: what is not set up, and what would surprise its owner.
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Config } from '../config.ts';
import { bad, type Diagnosis, ok, warn } from './finding.ts';

export function examineConfiguration(config: Config, notices: readonly string[], now: Date): Diagnosis[] {
  return [
    ok('configuration', `can be used, in ${config.server.mode} mode`),
    ...notices.map((notice) => warn('configuration', notice, 'Set it, or leave it out')),
    examinePublicUrl(config),
    ...examineTransport(config, now),
    examineMail(config),
    examineSms(config),
  ];
}

function examinePublicUrl({ server }: Config): Diagnosis {
  const url = server.public_url;
  if (url === undefined) return ok('public_url', 'is the address that the server comes to listen at');
  const isLocal = /^(localhost|127\.|\[?::1)/.test(new URL(url).hostname);
  return server.mode === 'production' && isLocal
    ? warn('public_url', `${url} leads nobody here from another machine`, 'Set PUBLIC_URL=https://…')
    : ok('public_url', url);
}

const FORTNIGHT = 14 * 86_400_000;

function examineTransport({ server, security }: Config, now: Date): Diagnosis[] {
  if (server.tls !== undefined) {
    const { validTo } = new X509Certificate(readFileSync(server.tls.cert));
    const left = new Date(validTo).getTime() - now.getTime();
    const mend = `Renew ${server.tls.cert}, and start the server again`;
    if (left <= 0) return [bad('tls', `the certificate has run out (${validTo})`, mend)];
    return [left < FORTNIGHT ? warn('tls', `the certificate runs out on ${validTo}`, mend) : ok('tls', 'ends here')];
  }
  if (server.trust_proxy.length > 0) return [ok('tls', `ends at a proxy: ${server.trust_proxy.join(', ')}`)];
  if (server.mode === 'development') return [ok('tls', 'none, which development mode does without')];
  const allowed = security.allow_insecure.includes('http');
  return allowed
    ? [
        warn(
          'tls',
          'plain HTTP is allowed by name',
          'Set server.tls or server.trust_proxy, and take http out of security.allow_insecure',
        ),
      ]
    : [];
}

function examineMail({ mail, server }: Config): Diagnosis {
  if (mail.smtp_url !== undefined) return ok('mail', `is sent, from ${mail.from}`);
  if (server.mode === 'development') return ok('mail', 'goes to /dev/outbox');
  return warn('mail', 'goes nowhere: nobody can reset a password or is told of a new device', 'Set SMTP_URL');
}

function examineSms({ sms, server }: Config): Diagnosis {
  if (sms.senders.length > 0) return ok('sms', `is sent by ${sms.senders.map(({ kind }) => kind).join(', then ')}`);
  if (server.mode === 'development') return ok('sms', 'goes to /dev/outbox');
  return warn('sms', 'goes nowhere: nobody signs in by a number', 'List a vendor in sms.senders');
}
