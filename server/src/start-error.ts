// What went wrong at a start, in words for the person who started it: what, where, how to mend.

/** A start that cannot go on; printed without a stack. */
export class StartError extends Error {
  override name = 'StartError';
  readonly mend: string;

  constructor(message: string, mend: string) {
    super(message);
    this.mend = mend;
  }
}

export interface StartFacts {
  env: NodeJS.ProcessEnv;
  /** The address that was tried, without credentials. */
  database?: string | undefined;
}

/** The lines to print for an error of any part that a start goes through. */
export function explainStartError(error: unknown, facts: StartFacts): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof StartError) return `${error.message}\n${error.mend}`;
  const { code, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (code === 'EADDRINUSE') {
    return `Port ${port} on ${address} is in use by another process.\nStop that process, or choose another port: PORT=<port> npm start (PORT=0 takes a free one).`;
  }
  if (code === 'EACCES' && port !== undefined) {
    return `Port ${port} on ${address} may not be used by this user.\nChoose a port above 1023: PORT=<port> npm start`;
  }
  if (code === 'EADDRNOTAVAIL') {
    return `The address ${address} does not belong to this machine.\nCorrect server.host (AUTHCENTER__SERVER__HOST).`;
  }
  if (error.name.startsWith('Mongo') && error.name !== 'MongodMissingError' && error.name !== 'MongodStartError') {
    const where = facts.database === undefined ? 'The database' : `The database ${facts.database}`;
    return `${where} cannot be used: ${error.message}\nCorrect MONGODB_URI, or start that database, or unset MONGODB_URI to have one started here.`;
  }
  // A message of these was written for this place; a stack is shown only to those who ask for it.
  if (facts.env['AUTHCENTER_DEBUG']) return error.stack ?? error.message;
  return error.message;
}
