// A real nginx as a gateway in front of an application, asking AuthCenter with auth_request.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Gateway, startGateway } from './gateway.ts';

/** @throws Error that says how to install one */
export function findNginx(env: NodeJS.ProcessEnv = process.env): string {
  // Debian keeps it where only root's PATH leads.
  const folders = [...(env['PATH'] ?? '').split(delimiter), '/usr/sbin'].filter((folder) => folder !== '');
  const candidates = [env['NGINX_BINARY'] ?? '', ...folders.map((folder) => join(folder, 'nginx'))];
  const found = candidates.find((path) => path !== '' && isExecutable(path));
  if (found === undefined)
    throw new Error('no nginx was found: apt-get install nginx-light, or name one in NGINX_BINARY');
  return found;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * @param server - the body of nginx's `server` block, without `listen`
 */
export function startNginx(server: string): Promise<Gateway> {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return startGateway({
    name: 'nginx',
    binary: findNginx(),
    config: 'nginx.conf',
    write: ({ folder, port }) => `daemon off; master_process off; pid ${folder}/pid; error_log stderr error;
events { worker_connections 64; }
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  server {
    listen 127.0.0.1:${port};
    ${server}
  }
}
`,
    args: (file, folder) => ['-c', file, '-p', folder],
    stopSignal: 'SIGQUIT',
  });
}
