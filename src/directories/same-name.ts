import { domainToASCII } from 'node:url';

/**
 * A name in the one form in which same names are equal text, as LDAP compares them (RFC 4518): Unicode NFC, without regard to
 * case, spaces at the ends cut, spaces inside counted once.
 */
export function nameKey(name: string): string {
  if (PLAIN.test(name)) return name.toLowerCase();
  return caseFolded(name.normalize('NFC')).normalize('NFC').trim().replaceAll(/\s+/g, ' ');
}

/** Whether two names are the same to a directory. */
export const sameName = (a: string, b: string): boolean => nameKey(a) === nameKey(b);

/**
 * An e-mail address in the one form in which same addresses are equal text: trimmed, Unicode NFC, without regard to case, the
 * domain in IDNA's ASCII form.
 */
export function addressKey(address: string): string {
  if (PLAIN.test(address)) return address.toLowerCase();
  const normal = caseFolded(address.trim().normalize('NFC')).normalize('NFC');
  const at = normal.lastIndexOf('@') + 1;
  if (at === 0) return normal;
  const domain = normal.slice(at);
  return `${normal.slice(0, at)}${domainToASCII(domain) || domain}`;
}

/** Printable ASCII with single spaces inside at most: nothing but case can differ. */
const PLAIN = /^(?:[!-~]+(?: [!-~]+)*)?$/;

/**
 * Unicode's simple case folding, which JavaScript has only in pieces: Σ, σ and the final ς are the same. A letter that becomes
 * several (ß) and the dotless ı, which folding does not take for i, stay as they are.
 */
const caseFolded = (text: string) => [...text].map(foldedCharacter).join('');

function foldedCharacter(character: string): string {
  if (character === 'ı') return character;
  const folded = character.toUpperCase().toLowerCase();
  return [...folded].length === 1 ? folded : character.toLowerCase();
}
