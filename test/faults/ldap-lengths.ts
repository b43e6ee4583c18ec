import { fault, type LdapFault } from './ldap-faults.ts';
import { lengthSize } from './ldap-relay.ts';

/** Each octet of a message that is a length. */
export function lengthsIn(message: Buffer): readonly number[] {
  const found: number[] = [];
  const walk = (from: number, to: number) => {
    let at = from;
    while (at + 1 < to) {
      const tag = message[at] ?? 0;
      const size = lengthSize(message, at + 1);
      for (let n = 0; n < size; n += 1) found.push(at + 1 + n);
      const length = size === 1 ? (message[at + 1] ?? 0) : message.readUIntBE(at + 2, Math.min(size - 1, 4));
      const start = at + 1 + size;
      if ((tag & 0x20) !== 0) walk(start, Math.min(start + length, to));
      at = start + length;
    }
  };
  walk(0, message.length);
  return found;
}

/** Single bits; the others take turns, since each is tried at many places. */
const MASKS = [0x80, 0x01, 0x40, 0x02, 0x10];

/** Each of so many lengths, in the message of an answer that has most of them, in one wrong bit; the first ones in each. */
export const lengthFaults = (places: number): readonly LdapFault[] =>
  Array.from({ length: places }, (_, place) =>
    (place < MASKS.length ? MASKS : [MASKS[place % MASKS.length] ?? 1]).map((mask) =>
      fault(
        `length ${place + 1} wrong by 0x${mask.toString(16)}`,
        ({ messages, client }) => {
          const longest = Math.max(...messages.map((message) => lengthsIn(message).length));
          const meant = messages.findIndex((message) => lengthsIn(message).length === longest);
          const changed = messages.map((message, index) =>
            index === meant ? withWrongBit(message, place, mask) : message,
          );
          client.write(Buffer.concat(changed));
        },
        { stalls: true },
      ),
    ),
  ).flat();

function withWrongBit(message: Buffer, place: number, mask: number): Buffer {
  const changed = Buffer.from(message);
  const at = lengthsIn(message)[place] ?? 1;
  changed[at] = (changed[at] ?? 0) ^ mask;
  return changed;
}
