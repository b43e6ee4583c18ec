import { BODY_FAULTS, PROTOCOL_FAULTS } from './bodies.ts';
import { CONNECTION_FAULTS } from './connection.ts';
import { ECHO_FAULTS } from './echo.ts';
import type { HttpFault } from './fault.ts';
import { LIMIT_FAULTS, REDIRECT_FAULTS, STATUS_FAULTS } from './statuses.ts';

/** Every named fault that an HTTP server of the sandbox can have, for a matrix of clients and faults. */
export const HTTP_FAULTS: readonly HttpFault[] = [
  ...CONNECTION_FAULTS,
  ...STATUS_FAULTS,
  ...REDIRECT_FAULTS,
  ...LIMIT_FAULTS,
  ...BODY_FAULTS,
  ...PROTOCOL_FAULTS,
  ...ECHO_FAULTS,
];
