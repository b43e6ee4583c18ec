const locked = new Set<string>();

/** A lock on a name within this process; dispose of it to release it. `acquired` is false while another holder has the name. */
export function tryProcessLock(name: string): Disposable & { readonly acquired: boolean } {
  if (locked.has(name)) return { acquired: false, [Symbol.dispose]: () => undefined };
  locked.add(name);
  return { acquired: true, [Symbol.dispose]: () => void locked.delete(name) };
}
