const LOOPBACK = /^[a-z][a-z0-9+.-]*:\/\/(?:localhost|127\.[\d.]+|\[::1\])(?::|\/|$)/i;

/** True for the URL of this machine itself, on the way to which nobody can listen. */
export const isLoopback = (url: string): boolean => LOOPBACK.test(url);
