import { domainToASCII } from 'node:url';

/**
 * The normal form of a name: names that are the same for LDAP (RFC 4518) become the same text. Unicode NFC, case folded, spaces at the
 * ends cut, spaces inside counted once.
 */
export function nameKey(name: string): string {
  if (PLAIN.test(name)) return name.toLowerCase();
  return caseFolded(name.normalize('NFC')).normalize('NFC').trim().replaceAll(/\s+/g, ' ');
}

/** Whether two names are the same to a directory. */
export const sameName = (a: string, b: string): boolean => nameKey(a) === nameKey(b);

/**
 * The normal form of an e-mail address: the same addresses become the same text. Trimmed, Unicode NFC, case folded, the domain in
 * IDNA's ASCII form.
 */
export function addressKey(address: string): string {
  if (PLAIN.test(address)) return address.toLowerCase();
  const normal = caseFolded(address.trim().normalize('NFC')).normalize('NFC');
  const at = normal.lastIndexOf('@') + 1;
  if (at === 0) return normal;
  const domain = normal.slice(at);
  return `${normal.slice(0, at)}${domainToASCII(domain) || domain}`;
}

/** Printable ASCII with at most single spaces inside: only its case needs folding. */
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
