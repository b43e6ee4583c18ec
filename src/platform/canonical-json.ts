/** JSON with sorted keys: equal values give equal text. Values are what JSON can hold; a key whose value is undefined is left out. */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  const row = value as Readonly<Record<string, unknown>>;
  let text = '';
  for (const key of Object.keys(row).sort()) {
    const inner = row[key];
    if (inner !== undefined)
      text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(inner)}`;
  }
  return `{${text}}`;
}
