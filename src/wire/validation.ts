import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import { createValidator, type Validator } from '@bufbuild/protovalidate';
import type { Interceptor } from '@connectrpc/connect';
import { failure } from '../domain/failure.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { failureToConnect } from './failure-status.ts';
import { keepsRules } from './quick-rules.ts';

// Server only: protovalidate is too large for a page.
let validator: Validator | null = null;

/**
 * Holds a message against the rules in its proto.
 *
 * Errors: input_invalid, naming field and rule.
 */
export function validateMessage<Desc extends DescMessage>(
  schema: Desc,
  message: MessageShape<Desc>,
): Outcome<MessageShape<Desc>> {
  return keepsRules(schema, message) ? succeed(message) : validateByRules(schema, message);
}

/** As `validateMessage`, by the rules alone: what else says that they are kept is held to this. */
export function validateByRules<Desc extends DescMessage>(
  schema: Desc,
  message: MessageShape<Desc>,
): Outcome<MessageShape<Desc>> {
  validator ??= createValidator();
  const result = validator.validate(schema, message);
  if (result.kind === 'valid') return succeed(message);
  return fail(failure('input_invalid', result.error?.message ?? 'the message breaks a rule'));
}

/** Refuses every unary or server-streaming request whose message breaks a rule of its proto. */
export function validationInterceptor(): Interceptor {
  return (next) => (request) => {
    if (!request.stream) {
      const outcome = validateMessage(request.method.input, request.message);
      if (!outcome.ok) throw failureToConnect(outcome.failure);
      return next(request);
    }
    // Server streaming: one message comes, through an iterable.
    return next({ ...request, message: validated(request.method.input, request.message) });
  };
}

async function* validated<Desc extends DescMessage>(
  schema: Desc,
  messages: AsyncIterable<MessageShape<Desc>>,
): AsyncIterable<MessageShape<Desc>> {
  for await (const message of messages) {
    const outcome = validateMessage(schema, message);
    if (!outcome.ok) throw failureToConnect(outcome.failure);
    yield message;
  }
}
