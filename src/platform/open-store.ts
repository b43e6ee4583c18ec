import { bucketStore } from './bucket-store.ts';
import { folderStore } from './folder-store.ts';
import type { RequestContext } from './http-client.ts';
import type { ObjectStore, StoragePlaces } from './object-store.ts';

const BUCKET = /^gs:\/\/([^/]+)\/?(.*)$/;

/** The store at an address: a folder, or `gs://bucket/prefix`. */
export function openStore(address: string, places: StoragePlaces, context: RequestContext): ObjectStore {
  const [, bucket, prefix = ''] = BUCKET.exec(address) ?? [];
  if (bucket === undefined) return folderStore(address);
  const under = prefix.replace(/^\/+|\/+$/g, '');
  return bucketStore({ bucket, prefix: under === '' ? '' : `${under}/`, ...places }, context);
}
