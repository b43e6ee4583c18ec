import { InvalidRequestError } from '../platform/errors.ts';

/** An assumed change of membership: a person is added to a group of LDAP or of `data.yaml`, or removed from it. */
export interface MembershipChange {
  readonly kind: 'add' | 'remove';
  readonly uid: string;
  readonly source: 'ldap' | 'posix';
  readonly group: string;
}

/** Reads `UID:GROUP`, which names an LDAP group, or `UID:posix:GROUP`. Throws `InvalidRequestError` for anything else. */
export function parseMembership(kind: MembershipChange['kind'], text: string): MembershipChange {
  const [uid, ...rest] = text.split(':').map((part) => part.trim());
  const group = rest.pop();
  const [source = 'ldap', ...others] = rest;
  if (uid && group && others.length === 0 && isSource(source)) return { kind, uid, source, group };
  const found = JSON.stringify(text.slice(0, 100));
  throw new InvalidRequestError(
    `${kind}: no membership (found ${found}, allowed UID:GROUP or UID:posix:GROUP)`,
  );
}

const isSource = (text: string): text is MembershipChange['source'] => text === 'ldap' || text === 'posix';

/** A change of membership as it is written: `add ada:growthbook-admin`. */
export const membershipText = ({ kind, uid, source, group }: MembershipChange): string =>
  `${kind} ${uid}:${source === 'posix' ? 'posix:' : ''}${group}`;
