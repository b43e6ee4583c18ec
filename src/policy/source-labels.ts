import type { Leaf } from './conditions.ts';

/** The sources as sentences name them. */
export const SOURCE_NAMES: Readonly<Record<Leaf, string>> = {
  ldap: 'LDAP',
  posix: 'POSIX',
  phabricator: 'Phabricator',
  gerrit: 'Gerrit',
  user: 'users',
};
