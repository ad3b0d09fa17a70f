import { describe, expect, it } from 'vitest';
import { modelFailure } from './model-failure.ts';

describe('modelFailure', () => {
  it.each([
    [
      'load',
      new Error("Can't create a session. ERROR_CODE: 6, ERROR_MESSAGE: std::bad_alloc"),
      'out_of_memory',
    ],
    ['run', new Error('failed to allocate a buffer of size 123'), 'out_of_memory'],
    ['run', new Error('Aborted(OOM). Build with -sASSERTIONS for more info.'), 'out_of_memory'],
    ['load', new RangeError('Array buffer allocation failed'), 'out_of_memory'],
    ['load', new RangeError('Invalid typed array length: 5000000000'), 'out_of_memory'],
    ['run', new Error('[WebGPU] Device is lost'), 'device_lost'],
    [
      'load',
      new Error('No Op registered for Foo with domain_version of 8'),
      'operator_unsupported',
    ],
    [
      'load',
      new Error('Fatal error: my.domain:Foo(-1) is not a registered function/op'),
      'operator_unsupported',
    ],
    [
      'load',
      new Error('Could not find an implementation for Foo(13) node with name'),
      'operator_unsupported',
    ],
    ['load', new Error('Failed to load model because protobuf parsing failed.'), 'input_malformed'],
    [
      'load',
      new Error('ERROR_CODE: 10, ERROR_MESSAGE: This is an invalid model.'),
      'input_malformed',
    ],
    ['run', new Error('node /bloom/room failed'), 'execution_failed'],
    ['load', new Error('something new'), 'execution_failed'],
    ['run', new Error('Invalid rank for input: x Got: 2 Expected: 4'), 'shape_mismatch'],
    ['run', new Error('Got invalid dimensions for input: x'), 'shape_mismatch'],
    [
      'run',
      new Error('Non-zero status code returned while running Gather node'),
      'execution_failed',
    ],
    ['run', 'not an Error', 'execution_failed'],
  ] as const)('in %s: %s is %s', (moment, cause, code) => {
    expect(modelFailure(cause, moment).code).toBe(code);
  });

  it('names the operator, and cuts a long text of a stranger short', () => {
    const named = modelFailure(
      new Error('No Op registered for Foo with domain_version of 8'),
      'load',
    );
    expect(named.message).toContain('"Foo"');
    expect(modelFailure(new Error('x'.repeat(5000)), 'run').message.length).toBeLessThan(600);
  });
});
