import type { Socket } from 'node:net';
import { HTTP_UNREAD_MS } from '../../domain/limits.ts';
import type { HttpRequest } from './port.ts';

/**
 * Ends the connection of a request that was answered before it had arrived, as one beyond the
 * limit of size is: the rest of it would stand before the next request for ever.
 */
export function endUnread(request: HttpRequest, socket: Socket): void {
  // A stream of HTTP/2 ends by itself; a request that nobody began to read is read by Node.
  if ('stream' in request || request.complete || !request.destroyed) return;
  endConnection(socket);
}

/** Ends a connection whose answer is written, and forgets what still comes of its request. */
export function endConnection(socket: Socket): void {
  socket.removeAllListeners('data');
  socket.resume();
  socket.end();
  const late = setTimeout(() => socket.destroy(), HTTP_UNREAD_MS);
  socket.once('close', () => clearTimeout(late));
}
