import {
  ApiFault,
  checkConflict,
  isoTime,
  isSet,
  normalTitle,
  redirectTarget,
  type WikiPage,
  type WikiPages,
} from './mediawiki-pages.ts';
import { interwikiPrefix } from './mediawiki-query.ts';
import type { ApiEffect, MediaWikiState } from './mediawiki-state.ts';
import { storedText } from './wikitext.ts';

/** Who edits, and what the user and the consumer's grants allow together. */
export interface EditCall {
  readonly user: string;
  readonly rights: readonly string[];
  readonly state: MediaWikiState;
  readonly wiki: WikiPages;
}

/**
 * Carries out `action=edit`, or throws an `ApiFault`. The title is taken as it is: at the title of a redirect, the redirect is edited.
 * A captcha that was not solved is a `Failure` with status 200.
 */
export function edit(params: URLSearchParams, { user, rights, state, wiki }: EditCall): object {
  state.beforeEdit?.();
  const title = titleOf(params, state);
  const found = state.pages.get(title);
  checkAllowed(params, { found, rights, state });
  const latest = found?.revisions.at(-1);
  const text = params.get('text');
  if (text === null) throw new ApiFault('missingparam', 'The parameter "text" is required.');
  checkConflict(params, found, wiki.deletedAt(title));
  const base = { result: 'Success', pageid: found?.pageid, title, contentmodel: 'wikitext' };
  if (latest && latest.text === storedText(text)) return { ...base, nochange: true };
  if (state.captcha) return { result: 'Failure', captcha: CAPTCHA };
  const added = wiki.write(title, {
    user,
    text,
    summary: params.get('summary') ?? '',
    // Without the right the flag is dropped silently.
    bot: isSet(params, 'bot') && rights.includes('bot'),
  });
  state.edits.push(added);
  return {
    ...base,
    ...(found ? {} : { new: true }),
    pageid: state.pages.get(title)?.pageid,
    oldrevid: added.parentid,
    newrevid: added.revid,
    newtimestamp: isoTime(added.at),
  };
}

const CAPTCHA = { type: 'simple', mime: 'text/plain', id: '1234567890', question: '1+1' };

function titleOf(params: URLSearchParams, state: MediaWikiState): string {
  const given = params.get('title');
  if (given === null)
    throw new ApiFault('missingparam', 'One of the parameters "title" and "pageid" is required.');
  const title = normalTitle(given);
  if (title === undefined || interwikiPrefix(given, state) !== undefined)
    throw new ApiFault('invalidtitle', `Bad title "${given}".`);
  return title;
}

interface Attempt {
  readonly found: WikiPage | undefined;
  readonly rights: readonly string[];
  readonly state: MediaWikiState;
}

function checkAllowed(params: URLSearchParams, { found, rights, state }: Attempt): void {
  if (isSet(params, 'redirect') && redirectTarget(found?.revisions.at(-1)?.text ?? '') !== undefined) {
    throw new ApiFault(
      'redirect-appendonly',
      'You have attempted to edit using the redirect-following mode, which must be used in conjunction with section=new, prependtext, or appendtext.',
    );
  }
  if (isSet(params, 'createonly') && found) {
    throw new ApiFault('articleexists', 'The article you tried to create has been created already.');
  }
  if (isSet(params, 'nocreate') && !found)
    throw new ApiFault('missingtitle', "The page you specified doesn't exist.");
  if (state.blocked) throw new ApiFault('blocked', 'You have been blocked from editing.');
  if (!rights.includes('edit')) throw new ApiFault('permissiondenied', 'You are not allowed to edit pages.');
  if (!found && !rights.includes('createpage'))
    throw new ApiFault('cantcreate', "You don't have permission to create new pages.");
  if (found?.protected) {
    throw new ApiFault('protectedpage', 'This page has been protected to prevent editing or other actions.');
  }
  if (state.editFault) meet(state.editFault);
}

/** Throws the effect, unless it has passed. */
export function meet(effect: ApiEffect): void {
  const { code, info, times } = effect;
  if (times === 0) return;
  if (times !== undefined) effect.times = times - 1;
  throw new ApiFault(code, info);
}
