/**
 * Where somebody on the same machine reaches a server that listens on this address: the one that stands for all
 * addresses of a machine is none to connect to.
 *
 * @returns what stands for the host in a URL
 */
export function reachedAt(bind: string): string {
  if (bind === '0.0.0.0') return '127.0.0.1'
  if (bind === '::') return '[::1]'
  return bind.includes(':') ? `[${bind}]` : bind
}
