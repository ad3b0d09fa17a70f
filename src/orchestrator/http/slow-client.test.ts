import { connect } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import { valueOf } from '../volunteer.contract.ts';
import { openPort } from './port.ts';

const HEADERS_MS = 300;

const port = valueOf(
  await openPort({
    host: '127.0.0.1',
    port: 0,
    tls: null,
    headersMs: HEADERS_MS,
    handler: (_request, response) => void response.end(),
  }),
);
afterAll(() => port.close(0));

/** Sends this byte by byte, slowly, for as long as the connection stands; gives what came back. */
function dribble(text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    let sent = 0;
    const socket = connect(port.port, '127.0.0.1');
    const slowly = setInterval(() => {
      if (socket.writable) socket.write(text.charAt(sent) || 'x');
      sent += 1;
    }, 20);
    socket.on('data', (bytes) => (answer += bytes.toString()));
    socket.on('error', () => {});
    socket.on('close', () => {
      clearInterval(slowly);
      resolve(answer);
    });
  });
}

describe('a client that never comes to an end', () => {
  it('with its headers is told so, and let go', async () => {
    expect(await dribble('GET / HTTP/1.1\r\nHost: here\r\nX-Endless: ')).toMatch(/^HTTP\/1.1 408/);
  });

  it('with its first line is told so, and let go', async () => {
    expect(await dribble('GET /')).toMatch(/^HTTP\/1.1 408/);
  });

  it('and says nothing at all is let go', async () => {
    const socket = connect(port.port, '127.0.0.1');
    await new Promise((resolve) => socket.once('close', resolve));
    expect(socket.bytesRead).toBe(0);
  });

  it('does not keep others from being answered', async () => {
    const slow = dribble('GET / HTTP/1.1\r\nX-Endless: ');
    expect((await fetch(`http://127.0.0.1:${port.port}/`)).status).toBe(200);
    await slow;
  });
});
