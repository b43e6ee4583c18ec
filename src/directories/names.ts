/** A name in the one form in which same names are equal text: Unicode NFC, without regard to case. */
export const nameKey = (name: string) => name.normalize('NFC').toLowerCase().normalize('NFC');

/** Whether two names are the same to a directory. */
export const sameName = (a: string, b: string): boolean => nameKey(a) === nameKey(b);
