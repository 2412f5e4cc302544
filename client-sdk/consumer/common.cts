// The same package from a CommonJS module.
import client = require('@authcenter/client');

const { api, auth } = client.createAuthCenter({ url: 'https://auth.example.com' });
export const created: Promise<Date> = api.users.get.query({ id: 'x' }).then((user) => user.created_at);
// @ts-expect-error a permission is a text
auth.can(7);
