/**
 * The offered media type that an `Accept` header prefers; undefined if it accepts none of them. Of equals the more specific range counts,
 * then the one named first, then the one offered first. Parameters but `q` are ignored, and so is a range that is malformed.
 * See https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1. Takes linear time.
 */
export function preferredType(accept: string | undefined, offered: readonly string[]): string | undefined {
  if (accept === undefined || accept.trim() === '') return offered[0];
  const ranges = splitOutsideQuotes(accept, ',').flatMap(rangeOf);
  const answers = offered.flatMap((type) => {
    const match = bestMatch(type, ranges);
    return match && match.quality > 0 ? [{ type, ...match }] : [];
  });
  const [best] = answers.toSorted(
    (a, b) => b.quality - a.quality || a.generality - b.generality || a.place - b.place,
  );
  return best?.type;
}

/** One media range of an `Accept` header. */
interface MediaRange {
  readonly type: string;
  readonly quality: number;
}

const QUALITY = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;
const RANGE = /^[!#$%&'*+.^_`|~0-9a-z-]+\/[!#$%&'*+.^_`|~0-9a-z-]+$/;

function rangeOf(text: string): readonly MediaRange[] {
  const [first = '', ...parameters] = splitOutsideQuotes(text, ';').map((part) => part.trim().toLowerCase());
  const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
  return RANGE.test(first) && QUALITY.test(quality) ? [{ type: first, quality: Number(quality) }] : [];
}

/** The most specific range that contains a type: it says whether the type is accepted. */
function bestMatch(type: string, ranges: readonly MediaRange[]) {
  const patterns = [type, `${type.split('/', 1)[0]}/*`, '*/*'];
  for (const [generality, pattern] of patterns.entries()) {
    const place = ranges.findIndex((range) => range.type === pattern);
    const range = ranges[place];
    if (range) return { quality: range.quality, generality, place };
  }
  return undefined;
}

function splitOutsideQuotes(text: string, separator: ',' | ';'): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index];
    if (char === '"') isQuoted = !isQuoted;
    else if (char === '\\' && isQuoted) index += 1;
    else if (char === separator && !isQuoted) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  return [...parts, text.slice(start)];
}
