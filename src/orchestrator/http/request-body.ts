import { failure } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import type { HttpRequest } from './port.ts';

/** The bytes that a client sends, up to a limit. Errors: "limit_exceeded" | "canceled". */
export async function requestBody(
  request: HttpRequest,
  bytesMax: number,
): Promise<Outcome<Uint8Array>> {
  const parts: Buffer[] = [];
  let byteLength = 0;
  try {
    for await (const part of request as AsyncIterable<Buffer>) {
      byteLength += part.byteLength;
      if (byteLength > bytesMax) {
        const text = `a request here has at most ${bytesMax} bytes`;
        return fail(failure('limit_exceeded', `${text}. Put what is larger into a blob.`));
      }
      parts.push(part);
    }
  } catch {
    return fail(failure('canceled', 'the client went away before it had sent its request.'));
  }
  return succeed(new Uint8Array(Buffer.concat(parts)));
}
