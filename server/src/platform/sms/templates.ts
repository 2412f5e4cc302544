// Which of a vendor's templates a message goes by, and with which values.
import type { VendorTemplates } from '../../config/sms.ts';
import { SmsError, type SmsMessage } from './sender.ts';

export interface FilledTemplate {
  readonly id: string;
  /** In the order in which the template takes them. */
  readonly values: readonly { readonly name: string; readonly value: string }[];
}

/** The one for the message's language, else the one for all. @throws SmsError `refused` where there is none */
export function fillTemplate(templates: VendorTemplates, { template, language, values }: SmsMessage): FilledTemplate {
  const chosen = templates[`${template}_${language}`] ?? templates[template];
  if (chosen === undefined) throw new SmsError('refused', `no template for ${template} in ${language}`);
  return {
    id: chosen.id,
    values: chosen.values.map((name) => {
      const value = values[name];
      if (value === undefined) throw new SmsError('refused', `the message ${template} carries no ${name}`);
      return { name, value };
    }),
  };
}
