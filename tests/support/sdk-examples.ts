// The examples of the SDK's documentation: in the comments of its public symbols, and in its README.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface SdkExample {
  /** A file name of its own. */
  readonly name: string;
  readonly code: string;
}

const sdk = fileURLToPath(new URL('../../client-sdk/', import.meta.url));

/** What an example may take for granted that does not make a client of its own. */
const PREAMBLE =
  "import { createAuthCenter } from '@authcenter/client';\nconst { api, auth } = createAuthCenter({ url: 'https://auth.example.com' });\nvoid [api, auth];\n";

const complete = (code: string): string => (/@authcenter\/client/.test(code) ? code : PREAMBLE + code);

/** The code behind each `@example`, to the next tag or the end of the comment. */
const readCommentExamples = (source: string): string[] =>
  [...source.matchAll(/\/\*\*[\s\S]*?\*\//g)].flatMap(([comment]) => {
    const text = comment.replace(/\s*\*\/$/, '').replace(/^\s*\* ?/gm, '');
    return text
      .split(/^@example\s*\n/m)
      .slice(1)
      .map((part) => part.split(/^@\w+/m)[0] ?? '');
  });

const readMarkdownExamples = (markdown: string): string[] =>
  [...markdown.matchAll(/```tsx?\n([\s\S]*?)```/g)].map(([, code]) => code ?? '');

/** An element ends somewhere. */
const isJsx = (code: string): boolean => /<\/\w+>|\/>/.test(code);

export function listSdkExamples(): SdkExample[] {
  const files = readdirSync(`${sdk}src`, { recursive: true, encoding: 'utf8' }).filter((file) => /\.tsx?$/.test(file));
  const sources = files.map((file) => ({
    file: file.replace(/\W+/g, '-'),
    texts: readCommentExamples(readFileSync(`${sdk}src/${file}`, 'utf8')),
  }));
  const readme = { file: 'readme', texts: readMarkdownExamples(readFileSync(`${sdk}README.md`, 'utf8')) };
  return [...sources, readme].flatMap(({ file, texts }) =>
    texts.map((text, index) => ({
      name: `example-${file}-${index}.${isJsx(text) ? 'tsx' : 'ts'}`,
      code: `${complete(text)}\nexport {};\n`,
    })),
  );
}
