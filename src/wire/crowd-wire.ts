import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { CrowdTest, KernelTime } from '../domain/crowd-test.ts';
import { failure } from '../domain/failure.ts';
import { ADAPTER_CHARS_MAX, DEVICE_LABEL_CHARS_MAX } from '../domain/limits.ts';
import { OPERATORS } from '../domain/operator.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import {
  CrowdTestSchema,
  KernelTimeSchema,
  type CrowdTest as WireCrowdTest,
  type KernelTime as WireKernelTime,
} from './gen/manyhands/network/v1/network_service_pb.ts';
import {
  backendFromWire,
  backendToWire,
  conformanceFromWire,
  conformanceToWire,
} from './capability-wire.ts';
import { collect } from './collect.ts';
import { numberFromWide } from './wide-integer.ts';

/** The bytes that a volunteer's key signs (purpose "crowd-test") and sends as they are. */
export function crowdTestToBytes(test: CrowdTest & { readonly publicKey: Uint8Array }): Uint8Array {
  return toBinary(
    CrowdTestSchema,
    create(CrowdTestSchema, {
      publicKey: test.publicKey,
      kernelBuild: test.kernelBuild,
      label: test.label.slice(0, DEVICE_LABEL_CHARS_MAX),
      adapter: test.adapter.slice(0, ADAPTER_CHARS_MAX),
      madeAtMs: BigInt(test.madeAtMs),
      conformance: conformanceToWire(test.conformance),
      times: test.times.map(({ operator, backend, medianUs }) =>
        create(KernelTimeSchema, {
          primitive: operator,
          backend: backendToWire(backend),
          medianUs: BigInt(medianUs),
        }),
      ),
    }),
  );
}

/** The message in signed bytes, for rules to be checked on it before `crowdTestFromWire`. */
export function crowdTestMessageFromBytes(bytes: Uint8Array): Outcome<WireCrowdTest> {
  try {
    return succeed(fromBinary(CrowdTestSchema, bytes));
  } catch (error) {
    return fail(failure('input_malformed', `the crowd test does not parse: ${String(error)}`));
  }
}

/** Operators that this build does not know are left out. Errors: input_invalid. */
export function crowdTestFromWire(message: WireCrowdTest): Outcome<CrowdTest> {
  const madeAtMs = numberFromWide(message.madeAtMs, 'made_at_ms');
  if (!madeAtMs.ok) return madeAtMs;
  const conformance = conformanceFromWire(message.conformance);
  if (!conformance.ok) return conformance;
  const times = collect(message.times, timeFromWire);
  if (!times.ok) return times;
  const { kernelBuild, label, adapter } = message;
  return succeed({
    ...{ kernelBuild, label, adapter },
    madeAtMs: madeAtMs.value,
    conformance: conformance.value,
    times: times.value.filter((time) => time !== null),
  });
}

function timeFromWire(message: WireKernelTime): Outcome<KernelTime | null> {
  const operator = OPERATORS.find((name) => name === message.primitive);
  if (operator === undefined) return succeed(null);
  const backend = backendFromWire(message.backend);
  if (!backend.ok) return backend;
  const medianUs = numberFromWide(message.medianUs, 'median_us');
  if (!medianUs.ok) return medianUs;
  return succeed({ operator, backend: backend.value, medianUs: medianUs.value });
}
