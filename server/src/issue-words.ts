// What every schema says of a value that does not fit, of a configuration as of a call, unless it has words of its own.
import { explainIssue } from '@authcenter/shared/issue-text';
import { z } from 'zod';

z.config({ customError: explainIssue });
