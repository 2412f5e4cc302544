// What a person sees once the server is up: where it is, who may sign in, a line to paste.
import type { Config } from '../../server/src/config.ts';
import { maskUri } from '../../server/src/database/client.ts';
import type { RunningServer } from '../../server/src/main.ts';

export interface BannerFacts {
  server: RunningServer;
  config: Config;
  /** The database started here, if one was. */
  database: { uri: string } | undefined;
  dataDirectory: string;
  env: NodeJS.ProcessEnv;
}

export function printBanner(facts: BannerFacts): void {
  console.log(writeBanner(facts));
}

export function writeBanner({ server, config, database, dataDirectory, env }: BannerFacts): string {
  const { url, administrator } = server;
  const kept = database === undefined ? '' : ` (data in ${dataDirectory})`;
  const lines = [
    '',
    'AuthCenter is up.',
    '',
    `  server     ${url}`,
    `  reference  ${url}/docs`,
    ...(config.server.mode === 'development' ? [`  mailbox    ${url}/dev/outbox`] : []),
    `  database   ${maskUri(database?.uri ?? config.mongodb.uri)}${kept}`,
    '',
  ];
  if (administrator?.isGenerated) {
    lines.push(`administrator: ${administrator.email}  password: ${administrator.password}`);
    lines.push(
      '(shown this once; keep it)',
      '',
      'Sign in:',
      signInLine(url, administrator.email, administrator.password),
    );
  } else if (administrator !== null) {
    lines.push(`administrator: ${administrator.email}  password: as in ADMIN_PASSWORD`, '', 'Sign in:');
    lines.push(signInLineFromEnvironment(url, administrator.email));
  } else {
    // There is one already: ADMIN_PASSWORD makes the first and changes none.
    lines.push("The administrator's password was set at the first start. Try:", `  curl -s ${url}/health/ready`);
    if (env['ADMIN_PASSWORD']) lines.push('(ADMIN_EMAIL and ADMIN_PASSWORD only make the first administrator.)');
  }
  return [...lines, ''].join('\n');
}

const command = (url: string): string => `curl -s ${url}/api/v1/auth/login -H 'content-type: application/json'`;

function signInLine(url: string, email: string, password: string): string {
  const body = JSON.stringify({ email, password }).replaceAll("'", "'\\''");
  return `  ${command(url)} -d '${body}'`;
}

/** The password stays out of the terminal: the shell that the line is pasted to fills it in. */
function signInLineFromEnvironment(url: string, email: string): string {
  return `  ${command(url)} -d "{\\"email\\":\\"${email}\\",\\"password\\":\\"$ADMIN_PASSWORD\\"}"`;
}
