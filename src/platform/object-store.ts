/** The types of a store that keeps texts by name. */

/** One text to keep. `mayReplace` is false for a name that is written once. */
export interface StoredText {
  readonly name: string;
  readonly text: string;
  /** Its media type. */
  readonly type: string;
  readonly mayReplace: boolean;
}

/** Texts by name; a name may have slashes. Every function throws where the place cannot be used. */
export interface ObjectStore {
  put(text: StoredText): Promise<void>;
  /** The names directly in a folder of the store, from `from` on, in order; none where there is no such folder. */
  list(folder: string, from: string): Promise<readonly string[]>;
  get(name: string): Promise<string>;
}

/** Where Cloud Storage and the metadata server are. */
export interface StoragePlaces {
  readonly storage: string;
  readonly metadata: string;
}
