// The help of `authcenter users`.

export const usersHelp: readonly string[] = [
  '',
  '  import    Adds the people of a file: CSV (UTF-8, with a header) or JSON lines, by --format or the file’s ending.',
  '            --dry-run tells line by line what would come of it, and writes nothing. Lines that do not fit are told and',
  '            skipped; with --strict nothing is written then. May be stopped and repeated: who is there already under',
  '            the same names is passed over. Runs beside servers.',
  '  export    Writes everybody to the file, or to the standard output; no password hashes. What it writes can be imported.',
  '',
  '  username        3 to 32 of a-z 0-9 _ . -; without one a name is made up',
  '  email, phone    at least one of them, or username and password_hash; a number without + is read in auth.default_region',
  '  name, department, position',
  '  roles           names, in CSV separated by ; (without any: User)',
  '  password_hash   bcrypt of another system ($2a$, $2b$, $2y$), renewed at the first sign-in; never a password',
  '  email_verified, phone_verified   true (as without) or false',
  '  status          active (as without), inactive or locked',
  '  created_at      such as 2024-05-01T08:00:00Z',
  '',
  '  In CSV a cell that a spreadsheet would run as a formula is written behind a quote, which import takes off again.',
  '  Without MONGODB_URI it is the database in AUTHCENTER_DATA_DIR: of the server that runs on it, or started for the command.',
  '  import ends with 3 when some lines were skipped, with 1 when all were, or with --strict any would be.',
];
