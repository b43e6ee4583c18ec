import type { Answer, Exchange } from '../server.ts';
import { answering, type HttpFault, spoiling, trueAnswer } from './fault.ts';

/** A page of HTML as proxies send it. */
export const htmlPage = (status: number, title: string, headers: Answer['headers'] = {}): Answer => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8', ...headers },
  body: `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`,
});

const STATUSES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Authorization Required',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Not Allowed',
  407: 'Proxy Authentication Required',
  408: 'Request Time-out',
  409: 'Conflict',
  410: 'Gone',
  413: 'Request Entity Too Large',
  418: "I'm a teapot",
  421: 'Misdirected Request',
  422: 'Unprocessable Entity',
  451: 'Unavailable For Legal Reasons',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Temporarily Unavailable',
  504: 'Gateway Time-out',
  520: 'Web server is returning an unknown error',
};

/** Answers of a proxy before the server, for each status. */
export const STATUS_FAULTS: readonly HttpFault[] = [
  ...Object.entries(STATUSES).map(([status, title]) =>
    answering(`status ${status} with a page`, htmlPage(Number(status), `${status} ${title}`)),
  ),
  answering('status 204', { status: 204, body: '' }),
  answering('status 304', { status: 304, body: '' }),
  answering('status 500 without a body', { status: 500, body: '' }),
  spoiling('status 502 after the request was carried out', async ({ handle, response }) => {
    await handle();
    response.writeHead(502, { 'content-type': 'text/html' }).end('<title>502 Bad Gateway</title>');
  }),
  spoiling('status 206 with half of the body', async (exchange) => {
    const { headers, bytes } = await trueAnswer(exchange);
    const half = bytes.subarray(0, Math.floor(bytes.length / 2));
    exchange.response.writeHead(206, { ...headers, 'content-length': half.length }).end(half);
  }),
];

const redirect = (name: string, status: number, location: (exchange: Exchange) => string): HttpFault =>
  answering(name, (exchange) => ({ status, headers: { location: location(exchange) }, body: '' }));

/** Redirects. A client that follows one to another host takes the credentials there. */
export const REDIRECT_FAULTS: readonly HttpFault[] = [
  redirect(
    'a redirect to a sign-in page',
    302,
    ({ request }) => `/login?from=${encodeURIComponent(request.path)}`,
  ),
  redirect('a redirect to another host', 301, ({ request }) => `http://127.0.0.1:9${request.path}`),
  redirect('a redirect to itself', 307, ({ request }) => request.path),
  redirect('a permanent redirect to another path', 308, () => '/elsewhere'),
  redirect('a redirect to no address', 302, () => 'http://['),
  answering('a redirect without a location', { status: 302, body: '' }),
];

const limited = (name: string, headers: Answer['headers']): HttpFault =>
  answering(`limited, ${name}`, {
    status: 429,
    headers: { 'content-type': 'text/plain', ...headers },
    body: 'Retry later\n',
  });

const seconds = ({ request }: Exchange): number => Math.floor(request.at / 1000);

const limitedUntil = (name: string, header: string, value: (exchange: Exchange) => number): HttpFault =>
  answering(`limited, ${name}`, (exchange) => ({
    status: 429,
    headers: { [header]: String(value(exchange)) },
    body: 'Retry later\n',
  }));

/** Rate limits, with every kind of number where a wait is expected. */
export const LIMIT_FAULTS: readonly HttpFault[] = [
  limited('without a wait', {}),
  limited('Retry-After 1', { 'retry-after': '1' }),
  limited('Retry-After 0', { 'retry-after': '0' }),
  limited('Retry-After negative', { 'retry-after': '-30' }),
  limited('Retry-After in words', { 'retry-after': 'soon' }),
  limited('Retry-After of a day', { 'retry-after': '86400' }),
  limited('Retry-After beyond all numbers', { 'retry-after': '9'.repeat(400) }),
  limitedUntil('Retry-After in epoch seconds', 'retry-after', (exchange) => seconds(exchange) + 2),
  limitedUntil('Retry-After in epoch milliseconds', 'retry-after', ({ request }) => request.at + 2000),
  limitedUntil('RateLimit-Reset in epoch seconds', 'ratelimit-reset', (exchange) => seconds(exchange) + 2),
  limitedUntil(
    'RateLimit-Reset in epoch milliseconds',
    'ratelimit-reset',
    ({ request }) => request.at + 2000,
  ),
  answering('limited, Retry-After as a date', ({ request }) => ({
    status: 429,
    headers: { 'retry-after': new Date(request.at + 2000).toUTCString() },
    body: '',
  })),
];
