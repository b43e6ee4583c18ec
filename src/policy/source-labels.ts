import type { Leaf } from './conditions.ts';

/** The names of the sources in sentences. */
export const SOURCE_NAMES: Readonly<Record<Leaf, string>> = {
  ldap: 'LDAP',
  posix: 'POSIX',
  phabricator: 'Phabricator',
  gerrit: 'Gerrit',
  user: 'users',
};
