import { acquireLease } from '../../src/platform/lease.ts';
import { openLeaseFolder } from '../../src/platform/lease-file.ts';
import { testRun } from '../fixtures.ts';

// `node lease-contender.ts FOLDER HOLDER`: asks for the lease, prints `taken` or whose it is, and keeps it until stdin ends.
const [folder = '', holder = ''] = process.argv.slice(2);
const lease = await acquireLease(
  openLeaseFolder({ folder, name: 'a-job' }),
  { holder, seconds: 330 },
  testRun({ id: holder }),
);
console.log('heldBy' in lease ? lease.heldBy : 'taken');
for await (const _ of process.stdin);
if ('release' in lease) await lease.release();
