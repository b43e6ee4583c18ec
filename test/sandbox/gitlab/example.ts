import { disabledByPolicy, personEntry } from '../ldap/people.ts';
import type { GitlabContent } from './sandbox.ts';
import { linked, pending } from './sandbox.ts';

/** An account that somebody made long ago, when identities were named by uid. */
const older = (uid: string) => ({ identities: [{ provider: 'cas3', extern_uid: uid }] });

/** A dozen accounts that wait: each rule of trust, and each way of not being approved. */
export const gitlabExample: GitlabContent = {
  users: [
    // Trusted by an LDAP group, by name and by the older identity.
    pending(101, 'amir'),
    pending(102, 'beth', older('beth')),
    // Trusted as a Toolforge member, in Phabricator, in Gerrit.
    pending(103, 'chidi'),
    pending(104, 'dana'),
    pending(105, 'elif'),
    // Known, and trusted by nothing.
    pending(106, 'gita'),
    // Denied, although an LDAP group trusts him.
    pending(107, 'hugo'),
    // Whose these are is unknown.
    pending(108, 'ines', { identities: [] }),
    pending(109, 'jian'),
    pending(110, 'kofi'),
    pending(111, 'lena', { identities: [{ provider: 'openid_connect', extern_uid: 'amir' }] }),
    // Disabled in LDAP.
    pending(112, 'mika'),
    // Not waiting, and no person.
    pending(113, 'old-hand', { state: 'active' }),
    pending(114, 'a-bot', { userType: 'project_bot' }),
  ],
  known: ['dana', 'elif', 'gita'],
  people: [
    personEntry('kofi', { cn: 'Kofi' }),
    personEntry('kofi2', { cn: 'kofi' }),
    personEntry('mika', { more: disabledByPolicy }),
  ],
  groups: { wmf: ['amir', 'hugo', 'mika'], nda: ['beth'], 'project-tools': ['chidi'] },
  accounts: [linked('elif', { disabled: true }), linked('gita')],
  phabricator: ['dana'],
  gerrit: ['elif'],
  page: '=== 2026-05-31 ===\n* 06:51 [[gitlab:alon|@alon]] was approved. (Toolforge)\n',
};

/** Whom the example's operator never approves. */
export const DENIED = 'hugo';
