/** Whether a host is this machine itself, where nobody else reads what is sent. */
export const isLoopback = (host: string): boolean => /^(?:localhost|127(?:\.\d+){3}|\[?::1\]?)$/.test(host);
