"""A producer and an agent that nobody here wrote the RPC stack of: Debian's grpcio.

usage: client.py GENERATED_CODE_FOLDER TARGET API_KEY [TLS_ROOT_PEM]

Submits relu over a 3 x 2 matrix, joins as an agent, computes the tasks in plain Python, reports
them signed, watches the job to its end and prints {"output": [...], "codes": {...}} as JSON.
"""

import json
import struct
import sys
import threading

generated, target, api_key = sys.argv[1:4]
sys.path.insert(0, generated)

import grpc
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from manyhands.agents.v1 import agent_service_pb2 as agents
from manyhands.agents.v1 import agent_service_pb2_grpc as agents_rpc
from manyhands.agents.v1 import capability_pb2 as capability
from manyhands.agents.v1 import task_pb2 as tasks
from manyhands.jobs.v1 import job_pb2 as jobs
from manyhands.jobs.v1 import job_service_pb2 as job_calls
from manyhands.jobs.v1 import job_service_pb2_grpc as jobs_rpc
from manyhands.tensors.v1 import tensor_pb2 as tensors

MATRIX = [-1.0, 2.0, 0.5, -0.25, 0.0, 7.0]
DEADLINE_S = 30


def open_channel():
    if len(sys.argv) > 4:
        with open(sys.argv[4], "rb") as root:
            return grpc.secure_channel(target, grpc.ssl_channel_credentials(root.read()))
    return grpc.insecure_channel(target)


def signed(key, purpose, message):
    """Bytes and their signature: what is signed is a purpose, a zero byte and the bytes as sent."""
    data = message.SerializeToString()
    return data, key.sign(b"manyhands/" + purpose + b"/v1\0" + data)


def submit(stub, metadata):
    """One task a row, every row recomputed."""
    matrix = tensors.TensorRef(
        dtype=tensors.D_TYPE_FLOAT32, shape=[3, 2], inline=struct.pack("<6f", *MATRIX)
    )
    spec = jobs.JobSpec(
        name="relu from python",
        operators=jobs.OperatorsSpec(
            inputs=[tensors.NamedTensor(name="A", tensor=matrix)],
            nodes=[tasks.OperatorNode(operator="relu", inputs=["A"], output="B")],
            outputs=["B"],
        ),
        checking=jobs.CheckingPolicy(recompute=jobs.RecomputePolicy(share=1)),
        rows_per_task=1,
    )
    request = job_calls.SubmitJobRequest(idempotency_key="python", spec=spec)
    first = stub.SubmitJob(request, metadata=metadata, timeout=DEADLINE_S).job
    again = stub.SubmitJob(request, metadata=metadata, timeout=DEADLINE_S).job
    assert first.job_id == again.job_id, "the same key and spec gave two jobs"
    return first.job_id


def join(stub, key):
    public_key = key.public_key().public_bytes(
        serialization.Encoding.Raw, serialization.PublicFormat.Raw
    )
    challenge = stub.GetChallenge(agents.GetChallengeRequest(), timeout=DEADLINE_S).challenge
    claim = agents.JoinClaim(
        public_key=public_key,
        challenge=challenge,
        versions=[1],
        capability=capability.Capability(
            kind=capability.AGENT_KIND_NATIVE,
            label="python",
            lanes=1,
            memory_bytes=2**30,
            logical_cores=1,
            primitives=[
                capability.PrimitiveSupport(primitive="relu", backend=capability.BACKEND_NATIVE)
            ],
        ),
    )
    data, signature = signed(key, b"join", claim)
    request = agents.JoinRequest(claim=data, signature=signature)
    return stub.Join(request, timeout=DEADLINE_S).session_id


def relu_rows(response, task):
    """The task's rows of relu, out of the inline tensor."""
    tensor = response.works[task.work_index].inputs[0].input.tensor
    values = struct.unpack("<6f", tensor.inline)[2 * task.row_start : 2 * task.row_end]
    return tensors.TensorRef(
        dtype=tensors.D_TYPE_FLOAT32,
        shape=[task.row_end - task.row_start, 2],
        inline=struct.pack(f"<{len(values)}f", *[max(0.0, value) for value in values]),
    )


def work(stub, key, session, ended):
    while not ended.is_set():
        request = agents.LeaseTasksRequest(session_id=session, max_tasks=8, wait_ms=500)
        response = stub.LeaseTasks(request, timeout=DEADLINE_S)
        if not response.tasks:
            assert response.idle_reason != 0, "an empty answer without a reason"
            ended.wait(response.ask_again_ms / 1000)
            continue
        report = tasks.Report(
            session_id=session,
            results=[
                tasks.TaskResult(
                    lease_id=task.lease_id,
                    outputs=tasks.TaskOutputs(tensors=[relu_rows(response, task)]),
                    compute_ms=1,
                    backend=capability.BACKEND_NATIVE,
                )
                for task in response.tasks
            ],
        )
        data, signature = signed(key, b"report", report)
        stub.ReportResults(
            agents.ReportResultsRequest(report=data, signature=signature), timeout=DEADLINE_S
        )


def refusals(jobs_stub, agents_stub, metadata):
    """The status codes of calls that must be refused."""

    def code(call):
        try:
            call()
        except grpc.RpcError as error:
            return error.code().name
        return "OK"

    unknown = "job_" + "0" * 26
    return {
        "noKey": code(lambda: jobs_stub.GetJob(job_calls.GetJobRequest(job_id=unknown))),
        "badId": code(
            lambda: jobs_stub.GetJob(job_calls.GetJobRequest(job_id="1"), metadata=metadata)
        ),
        "unknownJob": code(
            lambda: jobs_stub.GetJob(job_calls.GetJobRequest(job_id=unknown), metadata=metadata)
        ),
        "unknownSession": code(
            lambda: agents_stub.Heartbeat(
                agents.HeartbeatRequest(session_id="session_" + "A" * 43)
            )
        ),
        "badSignature": code(
            lambda: agents_stub.Join(agents.JoinRequest(claim=b"\x0a\x00", signature=bytes(64)))
        ),
    }


def main():
    channel = open_channel()
    metadata = [("authorization", f"Bearer {api_key}")]
    jobs_stub = jobs_rpc.JobServiceStub(channel)
    agents_stub = agents_rpc.AgentServiceStub(channel)

    job = submit(jobs_stub, metadata)
    key = Ed25519PrivateKey.generate()
    session = join(agents_stub, key)
    ended = threading.Event()
    worker = threading.Thread(target=work, args=(agents_stub, key, session, ended))
    worker.start()
    states = []
    try:
        watch = jobs_stub.WatchJob(
            job_calls.WatchJobRequest(job_id=job), metadata=metadata, timeout=DEADLINE_S
        )
        for update in watch:
            states.append(update.job)
    finally:
        ended.set()
        worker.join()
    agents_stub.Leave(agents.LeaveRequest(session_id=session), timeout=DEADLINE_S)

    assert states and states[-1].state == jobs.JOB_STATE_DONE, states[-1:]
    output = jobs_stub.GetOutput(
        job_calls.GetOutputRequest(job_id=job), metadata=metadata, timeout=DEADLINE_S
    ).outputs[0]
    values = list(struct.unpack("<6f", output.tensor.inline))
    codes = refusals(jobs_stub, agents_stub, metadata)
    print(json.dumps({"output": values, "shape": list(output.tensor.shape), "codes": codes}))


main()
