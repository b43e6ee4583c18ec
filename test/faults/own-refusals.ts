import { answering, type HttpFault } from '../sandbox/faults/fault.ts';

const notFound = (status: number, body: string | object): HttpFault =>
  answering('not found, in its own form', { status, body });

/** How each system says that something is not there. */
export const OWN_REFUSALS: Readonly<Record<string, readonly HttpFault[]>> = {
  growthbook: [notFound(404, { message: 'Unknown API endpoint' })],
  gitlab: [notFound(404, { message: '404 User Not Found' })],
  posix: [notFound(404, 'NOT_FOUND: Requested entity was not found\n')],
  gerrit: [notFound(404, 'Not found: Trusted-Contributors\n')],
  phabricator: [
    notFound(200, { result: null, error_code: 'ERR-NOT-FOUND', error_info: 'No such object exists.' }),
  ],
  mediawiki: [
    notFound(200, { error: { code: 'missingtitle', info: "The page you specified doesn't exist." } }),
  ],
};
