/** Finds texts that Ruby's YAML reader, which puppet uses, does not read as text. */

/**
 * Puppet reads the file with Ruby's Psych, which takes some texts without quotes for something else. These are the
 * tests of its `scalar_scanner.rb` (version 4), the widest where versions differ.
 */
const LIKE_TEXT = /^[^\d.:-]?[\p{Alphabetic}_\s!@#$%^&*(){}<>|/\\~;=]/u;
const WORDS = /^(?:~|null|yes|true|on|no|false|off)$/i;
const OTHERS = [
  /^-?\d{4}-\d{1,2}-\d{1,2}(?:$|[Tt]|\s)/,
  /^[-+]?\.(?:inf|nan)$/i,
  /^:./,
  /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/,
  /^[-+]?(?:[0-9][0-9_,]*)?\.[0-9]*(?:[eE][-+]?[0-9]+)?$/,
  /^[-+]?[0-9][0-9_,]*(?:[eE][-+]?[0-9]+)?$/,
  /^[-+]?0[bo][0-7_,]+$/,
  /^[-+]?0x[0-9a-fA-F_,]+$/,
];

/** Whether Ruby reads a text without quotes as text, and not as a number, a boolean, a date, a symbol or null. */
export function isTextForRuby(text: string): boolean {
  if (text === '' || WORDS.test(text)) return false;
  return LIKE_TEXT.test(text) || !OTHERS.some((pattern) => pattern.test(text));
}
