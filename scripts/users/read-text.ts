// A file's text, piece by piece, with how far it has been read. What is no UTF-8 is refused: a name read wrongly would stay so.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { TextDecoder } from 'node:util';

export interface TextFile {
  readonly size: number;
  /** Bytes read so far. */
  done(): number;
  read(): AsyncGenerator<string>;
}

/** @throws Error when there is no such file */
export async function openText(path: string): Promise<TextFile> {
  const { size } = await stat(path);
  let done = 0;
  return {
    size,
    done: () => done,
    async *read() {
      done = 0;
      const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
      for await (const bytes of createReadStream(path)) {
        done += bytes.length;
        yield decode(decoder, bytes, true);
      }
      yield decode(decoder, new Uint8Array(), false);
    },
  };
}

function decode(decoder: TextDecoder, bytes: Uint8Array, stream: boolean): string {
  try {
    return decoder.decode(bytes, { stream });
  } catch {
    throw new Error('The file is not UTF-8. Spreadsheets save it so as “CSV UTF-8”.');
  }
}
