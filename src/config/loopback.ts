const LOOPBACK = /^[a-z][a-z0-9+.-]*:\/\/(?:localhost|127\.[\d.]+|\[::1\])(?::|\/|$)/i;

/** True for a URL of this machine itself. Its traffic cannot be intercepted on the network. */
export const isLoopback = (url: string): boolean => LOOPBACK.test(url);
