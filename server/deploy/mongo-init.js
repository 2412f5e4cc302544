// Run once by the mongo image, on an empty data folder: the user that the server signs in as, with rights on its own database alone.
const database = db.getSiblingDB('auth_center');
database.createUser({
  user: 'authcenter',
  pwd: process.env.MONGO_APP_PASSWORD,
  // dbAdmin: migrations make collections, validators and indexes.
  roles: [
    { role: 'readWrite', db: 'auth_center' },
    { role: 'dbAdmin', db: 'auth_center' },
  ],
});
