import { parseDn } from './dn.ts';

/**
 * Whether a reference leads to a partition of Active Directory that contains no people or groups: its configuration, its schema or
 * its DNS zones (MS-ADTS, 3.1.1.1.5). Every answer below a domain's top has these.
 */
export function isOtherPartition(url: string): boolean {
  const path = /^ldaps?:\/\/[^/]*\/([^?]*)/i.exec(url)?.[1];
  if (path === undefined) return false;
  try {
    const [first] = parseDn(decodeURIComponent(path))[0] ?? [];
    return PARTITIONS.has(`${first?.type}=${first?.value.toLowerCase()}`);
  } catch {
    return false;
  }
}

const PARTITIONS: ReadonlySet<string> = new Set([
  'cn=configuration',
  'cn=schema',
  'dc=forestdnszones',
  'dc=domaindnszones',
]);
