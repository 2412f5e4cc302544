// Random role tables, holders and clocks, and a model of the rules as plain as they are written down, which knows nothing of the evaluator.
import fc from 'fast-check';

export const NOW = new Date('2026-05-01T12:00:00.000Z');

export interface RandomRole {
  readonly name: string;
  readonly status: 'active' | 'inactive';
  /** As somebody might write them: in any case, by an alias. */
  readonly permissions: readonly string[];
}

export interface RandomGrant {
  readonly role: string;
  /** Milliseconds from now; null: for good. */
  readonly endsIn: number | null;
}

export interface RandomUser {
  readonly status: 'active' | 'inactive' | 'locked';
  readonly grants: readonly RandomGrant[];
}

const RESOURCES = ['knowledge', 'knowledge_base', 'ai', 'ai_assistant', 'tag', 'user'];
const ACTIONS = ['READ', 'CREATE', 'MANAGE', 'USE'];

const inAnyCase = (text: string) =>
  fc
    .array(fc.boolean(), { minLength: text.length, maxLength: text.length })
    .map((upper) =>
      [...text].map((letter, index) => (upper[index] ? letter.toUpperCase() : letter.toLowerCase())).join(''),
    );
const word = (words: readonly string[]) => fc.constantFrom(...words).chain(inAnyCase);

export const asked = fc.tuple(word(RESOURCES), word([...ACTIONS, 'DANCE'])).map(([r, a]) => `${r}:${a}`);
const permission = fc.tuple(word(RESOURCES), word(ACTIONS)).map(([r, a]) => `${r}:${a}`);

const NAMES = ['R0', 'R1', 'R2', 'R3', 'R4'];
const status = fc.constantFrom('active', 'active', 'active', 'inactive') as fc.Arbitrary<'active' | 'inactive'>;

export const roles: fc.Arbitrary<RandomRole[]> = fc
  .array(fc.record({ status, permissions: fc.array(permission, { maxLength: 4 }) }), { minLength: 2, maxLength: 5 })
  .map((made) => made.map((role, index) => ({ ...role, name: NAMES[index] ?? '' })));

/** The instants around now come up as often as all others. */
const endsIn = fc.oneof(fc.constant(null), fc.constantFrom(-1, 0, 1), fc.integer({ min: -100_000, max: 100_000 }));

/** Each role at most once, and some that there are not. */
export const user: fc.Arbitrary<RandomUser> = fc.record({
  status: fc.constantFrom('active', 'active', 'active', 'inactive', 'locked') as fc.Arbitrary<RandomUser['status']>,
  grants: fc.uniqueArray(fc.record({ role: fc.constantFrom(...NAMES), endsIn }), {
    selector: ({ role }) => role,
    maxLength: 4,
  }),
});

export const bounds: fc.Arbitrary<readonly string[] | undefined> = fc.option(fc.array(permission, { maxLength: 3 }), {
  nil: undefined,
});

/** Resource and action as the documentation compares them. */
export function read(text: string): string {
  const [resource = '', action = ''] = text.split(':');
  const small = resource.toLowerCase();
  const named = small === 'knowledge_base' ? 'knowledge' : small === 'ai_assistant' ? 'ai' : small;
  return `${named}:${action.toUpperCase()}`;
}

const covers = (permissions: readonly string[], text: string): boolean => {
  const wanted = read(text);
  const all = `${wanted.split(':')[0]}:MANAGE`;
  return permissions.some((one) => read(one) === wanted || read(one) === all);
};

export const lives = ({ endsIn: left }: RandomGrant): boolean => left === null || left > 0;

/** The rules, one after the other. */
export function mayByTheRules(
  { status: of, grants }: RandomUser,
  table: readonly RandomRole[],
  text: string,
  only?: readonly string[],
): boolean {
  if (of !== 'active') return false;
  if (only !== undefined && !covers(only, text)) return false;
  return grants.some((grant) => {
    const role = table.find(({ name }) => name === grant.role);
    return role !== undefined && role.status === 'active' && lives(grant) && covers(role.permissions, text);
  });
}
