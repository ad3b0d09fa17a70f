// Every limit of the system, with its unit. `docs/limits.md` is generated from this file: each
// constant's comment is its row there. What the rules in the protos allow is repeated there by value;
// `wire/limits.test.ts` holds the two together, field by field.

const KIB = 1024;
const MIB = 1024 * KIB;

/** Largest block: one leaf of a blob, hashed as a whole. Bytes. */
export const LEAF_BYTES = 256 * KIB;
/** Largest blob: a model, a data set or an output. Bytes. */
export const BLOB_BYTES_MAX = 16 * 1024 * MIB;
/** Largest manifest block, as BLOB_BYTES_MAX needs it. Bytes. */
export const MANIFEST_BYTES_MAX = 4 * MIB;
/** Largest tensor carried inside a message; larger ones travel by content id. Bytes. */
export const INLINE_TENSOR_BYTES_MAX = 64 * KIB;
/** Largest message that a server or client reads, after decompression. Bytes. */
export const MESSAGE_BYTES_MAX = 5 * MIB;
/** Largest output of one task, all tensors together. Bytes. */
export const TASK_OUTPUT_BYTES_MAX = 64 * MIB;
/** Most dimensions of a tensor. Count. */
export const TENSOR_RANK_MAX = 8;
/** Most elements of a tensor. Count. */
export const TENSOR_ELEMENTS_MAX = 2 ** 40;
/** Most inputs, or outputs, of a stage. Count. */
export const STAGE_TENSORS_MAX = 64;
/** Most nodes of an operator graph. Count. */
export const GRAPH_NODES_MAX = 256;
/** Largest fixed batch of a model. Rows. */
export const MODEL_BATCH_MAX = 65_536;
/** Longest name of a tensor or job. Characters. */
export const NAME_CHARS_MAX = 200;
/** Longest device label. Characters. */
export const DEVICE_LABEL_CHARS_MAX = 120;
/** Longest description of a WebGPU adapter. Characters. */
export const ADAPTER_CHARS_MAX = 200;
/** Most features that a WebGPU adapter tells of itself. Count. */
export const ADAPTER_FEATURES_MAX = 64;
/** Longest name of a feature of a WebGPU adapter. Characters. */
export const ADAPTER_FEATURE_CHARS_MAX = 60;
/** Most logical cores that a device may tell of. Count. */
export const LOGICAL_CORES_MAX = 4096;
/** Most primitives that a device may tell of. Count. */
export const PRIMITIVES_MAX = 64;
/** Most conformance reports in a claim: one a primitive and backend. Count. */
export const CONFORMANCE_REPORTS_MAX = 128;
/** Longest detail of a conformance report. Characters. */
export const CONFORMANCE_DETAIL_CHARS_MAX = 300;
/** Most leases whose results one heartbeat takes back. Count. */
export const WITHDRAWN_PER_CALL_MAX = 256;
/** Longest name of a kind of lie. Characters. */
export const LIE_NAME_CHARS_MAX = 40;
/** A canary's proof that an operator lets it in: HMAC-SHA256. Bytes. */
export const CANARY_PROOF_BYTES = 32;
/** Most protocol versions that a claim offers. Count. */
export const PROTOCOL_VERSIONS_MAX = 16;
/** Largest join challenge. Bytes. */
export const CHALLENGE_BYTES_MAX = 128;
/** Largest claim to join with. Bytes. */
export const JOIN_CLAIM_BYTES_MAX = 64 * KIB;
/** Longest message of a task's failure. Characters. */
export const TASK_FAILURE_CHARS_MAX = 500;
/** Longest reason of a quarantine. Characters. */
export const QUARANTINE_REASON_CHARS_MAX = 300;
/** Longest idempotency key of a job. Characters. */
export const IDEMPOTENCY_KEY_CHARS_MAX = 100;
/** Most leases granted by one call. Count. */
export const LEASES_PER_CALL_MAX = 64;
/** Most leases that one agent may hold. Count. */
export const LEASES_PER_AGENT_MAX = 256;
/** Most results in one report. Count. */
export const RESULTS_PER_REPORT_MAX = 64;
/** Largest report. Bytes. */
export const REPORT_BYTES_MAX = 4.5 * MIB;
/** Most blocks that one call may ask after. Count. */
export const BLOCKS_PER_CALL_MAX = 4096;
/** Most inputs of one operator. Count. */
export const OPERATOR_INPUTS_MAX = 8;
/** Most rows that a producer may ask for in one task. Rows. */
export const ROWS_PER_TASK_MAX = 1_000_000;
/** Most jobs that are queued or running. Count. */
export const OPEN_JOBS_MAX = 1000;
/** Most tasks of one stage. Count. */
export const STAGE_TASKS_MAX = 1_000_000;
/** Most agents joined at once. Count. */
export const AGENTS_MAX = 100_000;
/** How often a task may fail, be rejected or fall silent before its job fails. Count. */
export const TASK_ATTEMPTS_MAX = 12;
/** How often one agent that is lost with a task counts: alone it must not fail a job. Count. */
export const LOST_TRIES_PER_AGENT_MAX = 3;
/** Ended jobs that can still be listed; older ones are forgotten. Count. */
export const ENDED_JOBS_MAX = 1000;
/** Most results of one agent that wait for a verdict; above, it gets no lease. Count. */
export const UNJUDGED_PER_AGENT_MAX = 4096;
/** Results of one agent that may wait before 'auto' has them recomputed instead. Count. */
export const UNJUDGED_FOR_SECOND_OPINION_MAX = 256;
/** Most leases that are out or wait for a verdict, of all agents together. Count. */
export const LEASES_MAX = 2 ** 21;
/** Most results that wait for a verdict, of all agents together; above, nobody gets a lease. Count. */
export const UNJUDGED_MAX = 2 ** 20;
/** Most leases that a key holds before a result of it was accepted. Count. */
export const NEW_KEY_LEASES_MAX = 64;
/** Leases that are over and still told from leases that never were. Count. */
export const SETTLED_LEASES_MAX = 65_536;
/** Keys with a history that are remembered while absent. Count. */
export const ABSENT_AGENTS_MAX = 1_000_000;
/** Queues of returned tasks that a lease request looks into, for each job. Count. */
export const RETURNED_QUEUES_SCANNED_MAX = 64;
/** How long an agent that nobody can stand in for waits to retry what it failed; each next time twice as long. Milliseconds. */
export const RETRY_PAUSE_MS = 2_000;
/** How long a task that two agents failed waits for the third; each next time twice as long. Milliseconds. */
export const RETRY_ELSEWHERE_MS = 250;
/** Longest pause before a failed task is tried again. Milliseconds. */
export const RETRY_PAUSE_MS_MAX = 30_000;
/** Leases, sessions, late jobs or waits that one tick ends; the next tick ends more. Count. */
export const ENDS_PER_TICK_MAX = 256;
/** Tasks of ended jobs that one event clears away. Count. */
export const REAPED_PER_EVENT_MAX = 64;
/** First wait, and least lateness, before a straggling task is given to a second agent. Milliseconds. */
export const HEDGE_MS_MIN = 1_000;
/** How many times its expected time a task may take before it is a straggler. Times. */
export const HEDGE_LATENESS = 1.5;
/** Most of a stage's rows that may be computed once more to outrun stragglers. Share. */
export const HEDGED_SHARE_MAX = 0.05;
/** Most of a job's leases that agents of one address range hold, where agents of another are able too. Share. */
export const ORIGIN_JOB_SHARE_MAX = 0.5;
/** Leases of a job that agents of one address range may hold whatever their share, so that small networks do not wait for their smallest part. Count. */
export const ORIGIN_LEASES_FREE = 64;
/** Stragglers of its own address range behind which an agent is looked for another. Count. */
export const ORIGIN_STRAGGLERS_SCANNED_MAX = 64;
/** Jobs that one request looks at, by turn, besides the first that has tasks for anybody. Count. */
export const OPEN_JOBS_SCANNED_MAX = 32;
/** Contents that an agent is remembered to hold. Count. */
export const CONTENTS_PER_AGENT_MAX = 16;
/** Jobs of one content that a request looks at. Count. */
export const LOCAL_JOBS_SCANNED_MAX = 8;
/** How far ahead of its turn a job may get so that an agent need not fetch another's data, as computing on a modest device. Milliseconds. */
export const LOCALITY_AHEAD_MS = 60_000;
/** Kinds of work of which an agent's speed is remembered. Count. */
export const SPEEDS_PER_AGENT_MAX = 8;
/** Largest weight of a job among others; the smallest is 1. Times. */
export const JOB_WEIGHT_MAX = 100;
/** Longest deadline that a job may have, from its acceptance. Milliseconds. */
export const JOB_DEADLINE_MS_MAX = 31_536_000_000;
/** How much more weight a contributor's job has. Times. */
export const CONTRIBUTOR_WEIGHT = 1.25;
/** How much more weight a job gets at most that falls behind its deadline. Times. */
export const DEADLINE_WEIGHT_MAX = 4;
/** When to ask again where nothing tells it better. Milliseconds. */
export const ASK_AGAIN_MS = 1_000;
/** Longest lease, or wait before asking again, that an answer to an agent may tell. Milliseconds. */
export const TOLD_WAIT_MS_MAX = 3_600_000;
/** How long a lease lasts unless a heartbeat renews it. Milliseconds. */
export const LEASE_MS = 30_000;
/** How long heartbeats renew a lease; it then runs out, so that nobody holds a task for ever. Milliseconds. */
export const LEASE_HELD_MS_MAX = 900_000;
/** How often an agent sends a heartbeat. Milliseconds. */
export const HEARTBEAT_MS = 5_000;
/** How often an agent without leases sends a heartbeat while its request for work is held. Milliseconds. */
export const IDLE_HEARTBEAT_MS = 60_000;
/** Without a word for this long an agent is gone and its leases return. Milliseconds. */
export const AGENT_SILENT_MS = 20_000;
/** Longest that a lease request waits for work before an empty answer. Milliseconds. */
export const LONG_POLL_MS = 20_000;
/** Waiting lease requests that are told at once that the last work ended. Count. */
export const IDLE_TOLD_AT_ONCE = 256;
/** Between two such groups. Milliseconds. */
export const IDLE_TOLD_EVERY_MS = 50;
/** How long a task waits for a second key before the orchestrator recomputes it. Milliseconds. */
export const SECOND_OPINION_MS = 10_000;
/** How long an agent whose result was rejected gets no lease. Milliseconds. */
export const QUARANTINE_MS = 3_600_000;
/** Results of a new key that are checked in full; its share falls from there on. Count. */
export const FULLY_CHECKED_RESULTS = 64;
/** Smallest share of a result's rows that is recomputed. Ratio. */
export const SAMPLED_SHARE_MIN = 1 / 32;
/** Largest share of rows that is recomputed of a registered key's results. Ratio. */
export const TRUSTED_SHARE = 1 / 8;
/** Share of a model's verified results that another key computes once more, as a known answer. Ratio. */
export const KNOWN_ANSWER_SHARE = 1 / 64;
/** Unjudged results above which agents of other owners check models, beside the threads. Count. */
export const CHECKS_BEHIND = 4_096;
/** Whole results of a key that are recomputed of a stage, drawn rows added up, or all it gives. Count. */
export const STAGE_CHECKS = 192;
/** How many times longer each further quarantine of a key lasts. Ratio. */
export const QUARANTINE_GROWTH = 4;
/** Longest quarantine that a result brings about. Milliseconds. */
export const QUARANTINE_MS_MAX = 2_592_000_000;
/** Keys of agents that stay open for verifying reports. Count. */
export const VERIFYING_KEYS_MAX = 16_384;
/** Longest name of a registered key. Characters. */
export const TRUST_NAME_CHARS_MAX = 120;
/** Largest descriptor of a registered key. Bytes. */
export const TRUST_DESCRIPTOR_BYTES_MAX = 1024;
/** Most keys that an operator registers. Count. */
export const TRUSTED_KEYS_MAX = 10_000;
/** How long a registered key is trusted where the operator names no end. Milliseconds. */
export const TRUST_MS = 31_536_000_000;
/** Longest that a registered key may be trusted, from its registration. Milliseconds. */
export const TRUST_MS_MAX = 5 * 31_536_000_000;
/** How often an orchestrator looks whether the time of a registered key began or is over, at least. Milliseconds. */
export const TRUST_LOOK_MS = 60_000;
/** Longest word of an operator on why a key is released. Characters. */
export const RELEASE_REASON_CHARS_MAX = 300;
/** Longest word on where volunteers may turn to. Characters. */
export const CONTACT_CHARS_MAX = 200;
/** How long a join challenge may be answered. Milliseconds. */
export const CHALLENGE_MS = 60_000;
/** Keys, or address ranges, whose use of one rate is remembered; those used longest ago are forgotten. Count. */
export const RATE_KEYS_MAX = 65_536;
/** Addresses of connections whose ranges are remembered. Count. */
export const PEERS_KNOWN_MAX = 16_384;
/** Longest list of a forwarded request's hops that is remembered: longer ones are looked at each time. Characters. */
export const FORWARDED_CHARS_KEPT = 100;
/** Hops of a forwarded request that are looked at, the last ones. Count. */
export const FORWARDED_HOPS_MAX = 16;
/** Challenges that one address range may ask for in the long run. Calls a second. */
export const CHALLENGES_PER_SECOND = 4;
/** Challenges that one address range may ask for at once. Calls. */
export const CHALLENGES_BURST = 240;
/** Agents of one address range that may join in the long run. Joins a second. */
export const JOINS_PER_SECOND = 2;
/** Agents of one address range that may join at once: a class, or an office behind one address. Joins. */
export const JOINS_BURST = 120;
/** Calls that one session may make in the long run. Calls a second. */
export const CALLS_PER_SECOND = 500;
/** Calls that one session may make at once. Calls. */
export const CALLS_BURST = 2_000;
/** Reported bytes that are taken from one address range in the long run. Bytes a second. */
export const REPORTED_BYTES_PER_SECOND = 32 * MIB;
/** Reported bytes that are taken from one address range at once. Bytes. */
export const REPORTED_BYTES_BURST = 128 * MIB;
/** Bytes of blocks that are taken from one address range's agents in the long run. Bytes a second. */
export const PUT_BYTES_PER_SECOND = 64 * MIB;
/** Bytes of blocks that are taken from one address range's agents at once. Bytes. */
export const PUT_BYTES_BURST = 256 * MIB;
/** Unknown keys that may join in the long run before new ones are asked for work. Joins a second. */
export const NEW_KEYS_PER_SECOND = 5;
/** Unknown keys that may join at once before new ones are asked for work. Joins. */
export const NEW_KEYS_BURST = 200;
/** Part of AGENTS_MAX that may be here before new keys are asked for work. Share. */
export const WORK_SESSIONS_SHARE = 0.8;
/** Least work that new keys are asked for under load: leading zero bits of a hash. Bits. */
export const WORK_BITS_MIN = 16;
/** Most work that new keys are asked for; an agent refuses more. Some seconds in a tab. Bits. */
export const WORK_BITS_MAX = 22;
/** Hashes that an agent tries before it lets others have their turn. Count. */
export const WORK_TRIES_PER_SLICE = 8_192;
/** Task duration aimed at on a device whose speed is known. Milliseconds. */
export const TASK_TARGET_MS = 4_000;
/** Task duration aimed at on a device whose speed is not known yet. Milliseconds. */
export const TASK_FIRST_MS = 1_000;
/** Shortest task that a stage is cut into so that more agents can share its end. Milliseconds. */
export const TASK_SHARED_MS_MIN = 250;
/** A lost task longer than this on its next device is cut to that device's size. Milliseconds. */
export const TASK_LONG_MS = 10_000;
/** Longest that one task may run on an agent before it is stopped. Milliseconds. */
export const TASK_RUN_MS_MAX = 120_000;
/** Longest computing that a result may tell of. Milliseconds. */
export const COMPUTE_MS_MAX = 86_400_000;
/** Longest wait between an agent's tries to reconnect. Milliseconds. */
export const RECONNECT_MS_MAX = 30_000;
/** Most WatchJob streams open at once. Count. */
export const WATCHERS_MAX = 1_000;
/** Most items on one page of a list. Count. */
export const PAGE_SIZE_MAX = 200;
/** Longest token of a list's next page. Characters. */
export const PAGE_TOKEN_CHARS_MAX = 100;
/** Longest inner dimension of qmatmul: 127 * 128 * this still fits an i32. Count. */
export const QMATMUL_INNER_MAX = 132_104;
/** Longest inner dimension of an exact product: with its bias, sums stay below 2^30. Count. */
export const EXACT_INNER_MAX = 32_768;
/** Widest residual stream of an exact GPT: the norm's sum of squares fits an i32. Count. */
export const EXACT_WIDTH_MAX = 8_192;
/** Largest head of an exact GPT. Count. */
export const EXACT_HEAD_SIZE_MAX = 256;
/** Longest context of an exact GPT: 127 times this still has 19 bits. Tokens. */
export const EXACT_CONTEXT_MAX = 4_096;
/** Most layers of an exact GPT. Count. */
export const EXACT_LAYERS_MAX = 256;
/** Most tokens in the vocabulary of an exact GPT. Count. */
export const EXACT_VOCABULARY_MAX = 262_144;
/** Longest that an exact GPT tries which dot product is faster here; once a build. Milliseconds. */
export const EXACT_TUNE_MS = 60;
/** Tokens that go through an exact GPT's layers together. Count. */
export const EXACT_ROWS_MAX = 128;
/** Most memory that the WASM kernels of one lane grow to. Bytes. */
export const WASM_MEMORY_BYTES_MAX = 2048 * MIB - 64 * KIB;
/** What a lane keeps of memory for results that lie between operators, from task to task. Bytes. */
export const LANE_BUFFER_BYTES_MAX = 32 * MIB;
/** Longest that WASM kernels try out, when they open, which instructions are faster here. Ms. */
export const WASM_TUNING_MS_MAX = 20;
/** Longest that WebGPU kernels try out, when they open, how products are cut fastest here: with compiling. Ms. */
export const AUTOTUNE_MS_MAX = 2_000;
/** Longest record of how a GPU was tuned that is read. Characters. */
export const TUNING_RECORD_CHARS_MAX = 4_096;
/** Most threads that one product of WASM kernels is cut over. Count. */
export const KERNEL_THREADS_MAX = 64;
/** How long a thread that helps WASM kernels may take to open. Milliseconds. */
export const KERNEL_THREAD_OPEN_MS = 10_000;
/** How long its part of a product is waited for, beside several times what the own part took. Ms. */
export const KERNEL_THREAD_PATIENCE_MS = 2_000;
/** Most lists of factors that a thread keeps for checking products. Bytes. */
export const PROJECTION_FACTOR_BYTES_MAX = 64 * MIB;
/** Widest matrix that is checked by projections; wider products are recomputed. Columns. */
export const PROJECTED_COLUMNS_MAX = 2 ** 18;
/** Most columns of a row that top-k finds. Count. */
export const TOP_K_MAX = 1024;
/** Most multiply-adds of one GPU submission, so that no system's GPU watchdog fires. Count. */
export const GPU_SUBMISSION_PRODUCTS_MAX = 2 ** 28;
/** Most memory that is read to time reading: many times what the caches of a core hold. Bytes. */
export const CEILING_BYTES_MAX = 256 * MIB;
/** How long an operator is tried at one size, where one run is shorter. Milliseconds. */
export const TRIAL_MS = 500;
/** Times taken of an operator that is tried, however long its runs are. Count. */
export const TRIAL_RUNS_MIN = 3;
/** Least that one time is taken of: of several runs, where one is shorter than a clock can tell. Milliseconds. */
export const TRIAL_SAMPLE_MS = 5;
/** Rows of a product that is tried which the reference computes again. Count. */
export const TRIAL_ROWS_MAX = 16;
/** How long the Lab waits for one contender: to open, and to run an operator several times. Milliseconds. */
export const LAB_TRIAL_MS_MAX = 60_000;
/** Longest part of an address that holds a shared result of the Lab. Characters. */
export const LAB_LINK_CHARS_MAX = 16_384;
/** Largest draft of a kernel: WGSL, or a WASM module. Bytes. */
export const DRAFT_BYTES_MAX = 16 * MIB;
/** Most memory that a draft in WASM may have. Bytes. */
export const DRAFT_MEMORY_BYTES_MAX = 256 * MIB;
/** Most messages of a compiler that are told of a draft. Count. */
export const DRAFT_MESSAGES_MAX = 100;
/** How long a draft may take for one run, or a model that is traced, before it is ended. Milliseconds. */
export const WORKSHOP_SILENCE_MS = 20_000;
/** Largest model that is traced. Bytes. */
export const TRACE_MODEL_BYTES_MAX = 1024 * MIB;
/** Most memory that the inputs made for a traced model may take. Bytes. */
export const TRACE_INPUT_BYTES_MAX = 256 * MIB;
/** Runs of a traced model that its nodes are timed in. Count. */
export const TRACE_RUNS_MAX = 50;
/** Tries to name a block in a tab's cache while another tab is naming the same. Count. */
export const OPFS_NAMINGS_MAX = 50;
/** Wait between two such tries. Milliseconds. */
export const OPFS_NAMING_MS = 10;
/** Blocks that one read or upload of a blob moves at once. Count. */
export const BLOCK_READS_MAX = 8;
/** Longest that one try to fetch a block may take. Milliseconds. */
export const BLOCK_FETCH_MS = 30_000;
/** Tries to fetch a block while the other side cannot be reached. Count. */
export const BLOCK_FETCH_TRIES_MAX = 4;
/** Largest cache of blocks in a tab, before the least recently used go. Bytes. */
export const BLOCK_CACHE_BYTES_MAX = 1024 * MIB;
/** Largest header of a .npy file. Bytes. */
export const NPY_HEADER_BYTES_MAX = 64 * KIB;
/** Most lanes of one agent. Count. */
export const LANES_MAX = 256;
/** How much computing an agent leases ahead, so that no lane waits. Milliseconds. */
export const LEASE_AHEAD_MS = 1_000;
/** Longest that a result waits for others to share its report. Milliseconds. */
export const REPORT_LINGER_MS = 20;
/** Most bytes of outputs carried inside one report. Bytes. */
export const REPORT_OUTPUT_BYTES_MAX = 4 * MIB;
/** Longest that an agent waits for the answer to a call, besides its waiting for work. Milliseconds. */
export const AGENT_CALL_MS = 15_000;
/** Longest that an agent waits for its leave to be heard. Milliseconds. */
export const LEAVE_MS = 2_000;
/** Longest that a lane may take to open its kernels, conformance included. Milliseconds. */
export const LANE_OPEN_MS = 60_000;
/** Tasks that a lane computes before its backends are tried again on a vector each. Count. */
export const SPOT_TASKS_MAX = 256;
/** How old the last vector of a lane may be when a result of it is used. Milliseconds. */
export const SPOT_MS = 60_000;
/** How long a device's vectors are believed, as long as it is the same device, before a lane that opens runs them again. Milliseconds. */
export const SURVEY_MS = 3_600_000;
/** First wait before an agent tries to reconnect; each next one is twice as long. Milliseconds. */
export const RECONNECT_MS_MIN = 250;
/** How long an agent of several orchestrators waits for one that gives no answer before it goes on to the next: longer than a restart takes. Milliseconds. */
export const ORCHESTRATOR_AWAY_MS = 10_000;
/** Most memory of idle GPU buffers that a device's kernels keep. Bytes. */
export const GPU_POOL_BYTES_MAX = 256 * MIB;
/** Tries of a command's call while an orchestrator that answered before is away. Count. */
export const CALL_TRIES_MAX = 7;
/** Longest that a command waits for the answer to one call. Milliseconds. */
export const COMMAND_CALL_MS = 60_000;
/** How long a command watches a job without an answer before it gives up. Milliseconds. */
export const WATCH_LOST_MS_MAX = 120_000;
/** How long one WatchJob stream is read before it is opened anew, against dead lines. Milliseconds. */
export const WATCH_STREAM_MS = 60_000;
/** Longest that the check of one task may run before its thread is replaced. Milliseconds. */
export const CHECK_MS_MAX = 600_000;
/** Threads that one check may outlive before it is given up. Count. */
export const CHECK_TRIES_MAX = 3;
/** Most rows that are recomputed at once for tiny tasks of one stage. Rows. */
export const ROWS_RECOMPUTED_MAX = 4096;
/** Most tasks of one stage that a thread checks together. Count. */
export const CHECKS_PER_BATCH_MAX = 256;
/**
 * Rows of inputs and outputs of operators that one thread checks together; one task may have more.
 * What is drawn once for all of them is a small part of the cost then. Bytes.
 */
export const CHECK_BATCH_BYTES = 256 * MIB;
/** The same of models, which may take seconds a row; and what of it is run at once. Bytes. */
export const CHECK_MODEL_BATCH_BYTES = 16 * MIB;
/** Largest cache of blocks in each checking thread: inputs come again with the next task. Bytes. */
export const CHECK_CACHE_BYTES_MAX = 256 * MIB;
/** Models that stay loaded in a checking thread. Count. */
export const CHECK_MODELS_MAX = 2;
/** Largest model: what protobuf, and so an ONNX file, can hold. Bytes. */
export const MODEL_BYTES_MAX = 2 ** 31 - 1;
/** Blobs whose manifests one reader of tensors keeps open. Count. */
export const OPEN_BLOBS_MAX = 64;
/** Blocks that are looked up on the disk at once for one call. Count. */
export const BLOCK_LOOKUPS_MAX = 64;
/** Longest that a connection may take to say what it speaks, or to send headers. Milliseconds. */
export const HTTP_HEADERS_MS = 15_000;
/** Longest that a request may take to arrive as a whole. Milliseconds. */
export const HTTP_REQUEST_MS = 120_000;
/** Longest that the rest of a request already answered may still arrive. Milliseconds. */
export const HTTP_UNREAD_MS = 2_000;
/** Most requests at once on one HTTP/2 connection. Count. */
export const HTTP_STREAMS_MAX = 256;
/** Longest that answers under way may take when an orchestrator stops. Milliseconds. */
export const STOP_GRACE_MS = 3_000;
/** How often an orchestrator looks whether its scheduler has something due. Milliseconds. */
export const TICK_MS = 500;
/** Until what a full or failing disk refused is tried again. Milliseconds. */
export const DISK_RETRY_MS = 1_000;
/** Events and other writes that wait for the log; above, callers are told to come again. Count. */
export const COMMIT_QUEUE_MAX = 16_384;
/** What waits for the log, all together; above, callers are told to come again. Bytes. */
export const COMMIT_QUEUE_BYTES_MAX = 64 * MIB;
/** When to repeat a call that found the log's queue full. Milliseconds. */
export const COMMIT_QUEUE_RETRY_MS = 500;
/** Outputs kept in memory from their report to their verdict; older ones are read back. Bytes. */
export const UNJUDGED_OUTPUTS_BYTES_MAX = 64 * MIB;
/** Least events behind a snapshot before the next is made. Count. */
export const SNAPSHOT_EVENTS = 250_000;
/** Least bytes of events behind a snapshot, or a quarter of it, before the next is made. Bytes. */
export const SNAPSHOT_BYTES = 32 * MIB;
/** Part of a snapshot that is written at once, between commits. Bytes. */
export const SNAPSHOT_CHUNK_BYTES = 1 * MIB;
/** Most events that are read from the log at once. Count. */
export const LOG_READ_EVENTS_MAX = 4_096;
/** Bytes of events that are read from the log at once; one event may be larger. Bytes. */
export const LOG_READ_BYTES = 2 * MIB;
/** How often a long recovery tells how far it is. Milliseconds. */
export const RECOVERY_PROGRESS_MS = 2_000;
/** Most outputs that are read from the log at once. Count. */
export const OUTPUTS_READ_MAX = 1_024;
/** Jobs for which the log's thread remembers where the output of each lease lies. Count. */
export const LEASE_INDEXES_MAX = 8;
/** Reports that are looked through at once for where outputs lie. Count. */
export const LEASE_INDEX_REPORTS = 256;
/** What is left of the log's write-ahead file after a burst. Bytes. */
export const LOG_WAL_BYTES_KEPT = 64 * MIB;
/** How long a look at the disk's free space is believed. Milliseconds. */
export const DISK_LOOK_MS = 1_000;
/** Shortest time between two updates of one WatchJob stream. Milliseconds. */
export const WATCH_UPDATE_MS = 200;
/** How long one answer of GetNetwork serves all who ask. Milliseconds. */
export const NETWORK_FRESH_MS = 250;
/** Agents that GetNetwork lists where the caller names no number. Count. */
export const AGENTS_LISTED = 100;
/** Ended jobs that GetNetwork lists. Count. */
export const ENDED_JOBS_LISTED = 20;
/** Canaries that GetNetwork lists. Count. */
export const CANARIES_LISTED = 20;
/** Catches of canaries that are kept to be measured. Count. */
export const CANARY_CATCHES_KEPT = 100;
/** Items on a page of a list where the caller names no number. Count. */
export const PAGE_SIZE = 50;

/** How often an orchestrator tells the shared database that it lives. Milliseconds. */
export const MEMBER_RENEW_MS = 1_000;
/** Silence after which another orchestrator adopts its work. Milliseconds. */
export const MEMBER_DEAD_MS = 4_000;
/** Longest name or address of an orchestrator in the shared database. Characters. */
export const MEMBER_TEXT_CHARS_MAX = 300;
/** Longest that connecting to the database may take. Milliseconds. */
export const DATABASE_CONNECT_MS = 5_000;
/** Longest that one statement of the database may run. Milliseconds. */
export const DATABASE_STATEMENT_MS = 30_000;
/** Longest wait for a lock of the database. Milliseconds. */
export const DATABASE_LOCK_MS = 5_000;
/** Longest that an orchestrator which froze may keep a transaction open. Milliseconds. */
export const DATABASE_IDLE_MS = 2_000;
/** Most connections of one orchestrator to the database. Count. */
export const DATABASE_CONNECTIONS_MAX = 8;
/** First pause before a lost connection to the database is made anew; each next one twice as long. Milliseconds. */
export const DATABASE_RETRY_MS = 100;
/** Longest pause before a lost connection to the database is made anew. Milliseconds. */
export const DATABASE_RETRY_MS_MAX = 3_000;
/** How often a transaction that met another is tried anew. Count. */
export const DATABASE_TRIES_MAX = 5;
/** How often orchestrators look for what no notice of the database told them. Milliseconds. */
export const DATABASE_POLL_MS = 1_000;
/** Longest notice through the database. Bytes. */
export const NOTICE_BYTES_MAX = 4_000;
/** An orchestrator takes more rows from the shared database where fewer tasks wait for each of its agents. Count. */
export const TASKS_AHEAD_PER_AGENT = 8;
/** Rows that an orchestrator took go back to the others where for so long none of them was leased by an agent of its own, and too few are able. Milliseconds. */
export const CLAIM_UNABLE_MS = 5_000;
/** The same, where enough are able, but busy or paused. Milliseconds. */
export const CLAIM_IDLE_MS = 30_000;
/** How long rows that went back are left to others. Milliseconds. */
export const CLAIM_REST_MS = 2_000;
/** Claims that a stage's rows are cut into where its tasks are few; more where they are many. Count. */
export const CLAIMS_PER_STAGE = 64;
/** Most tasks of the producer's size in one claim. Count. */
export const CLAIM_TASKS_MAX = 1_024;
/** Most claims that one call takes or looks at. Count. */
export const CLAIMS_PER_CALL_MAX = 64;
/** Commits of a log that recovery reads from the database at once. Rows. */
export const EVENT_ROWS_PER_READ = 1_000;
/** Reports that are read from the database at once. Count. */
export const REPORTS_PER_READ_MAX = 256;

/** Largest evidence bundle; blocks that do not fit are left out, and fetched by whoever replays it. Bytes. */
export const EVIDENCE_BYTES_MAX = 96 * MIB;
/** Largest model whose blocks an evidence bundle carries. Bytes. */
export const EVIDENCE_MODEL_BYTES_MAX = 32 * MIB;
/** Most blocks in an evidence bundle. Count. */
export const EVIDENCE_BLOCKS_MAX = 8_192;
/** Largest tensor that the check in an evidence bundle may read at once. Bytes. */
export const EVIDENCE_TENSOR_BYTES_MAX = 1024 * MIB;
/** Longest reason of a verdict in an evidence bundle. Characters. */
export const EVIDENCE_REASON_CHARS_MAX = 2_000;
/** How far the clock of whoever made an evidence bundle may be ahead of its reader's. Milliseconds. */
export const EVIDENCE_AHEAD_MS = 300_000;
/** Evidence bundles that an orchestrator keeps; the oldest go first. Count. */
export const EVIDENCE_FILES_MAX = 1_000;
/** All evidence bundles that an orchestrator keeps; the oldest go first. Bytes. */
export const EVIDENCE_TOTAL_BYTES_MAX = 1024 * MIB;
/** Evidence bundles that wait to be made; a verdict above that goes without. Count. */
export const EVIDENCE_WAITING_MAX = 32;
/** Evidence bundles that one list tells of, the newest. Count. */
export const EVIDENCE_LISTED_MAX = 200;
/** Largest list of evidence bundles that a client reads. Bytes. */
export const EVIDENCE_LIST_BYTES_MAX = 1 * MIB;
/** Longest that fetching evidence may take. Milliseconds. */
export const EVIDENCE_FETCH_MS = 120_000;
/** Results whose signed reports are kept until their verdict; the oldest go first. Count. */
export const SIGNED_RESULTS_KEPT_MAX = 65_536;
/** Signed reports kept until the verdicts on their results; the oldest go first. Bytes. */
export const SIGNED_REPORTS_BYTES_MAX = 64 * MIB;
/** Kinds of devices in the public table of conformance; of those above, the ones without accepted results go first. Count. */
export const CONFORMANCE_DEVICES_MAX = 256;
/** Keys whose word on a kind of device is kept for the table; above, the oldest is forgotten. Count. */
export const CONFORMANCE_KEYS_MAX = 20_000;
/** Keys of a kind of device whose times are kept for the table, the last ones. Count. */
export const CROWD_TIMES_KEYS_MAX = 64;
/** Crowd tests that one address range may report in the long run. Reports a second. */
export const CROWD_TESTS_PER_SECOND = 0.1;
/** Crowd tests that one address range may report at once. Reports. */
export const CROWD_TESTS_BURST = 30;
/** Largest crowd test. Bytes. */
export const CROWD_TEST_BYTES_MAX = 64 * KIB;
/** How old a crowd test may be that is reported, or how far ahead its clock. Milliseconds. */
export const CROWD_TEST_AGE_MS_MAX = 3_600_000;
/** Longest median time that a crowd test may tell. Microseconds. */
export const KERNEL_TIME_US_MAX = 600_000_000;
/** Longest content id that a crowd test names its kernels by. Characters. */
export const KERNEL_BUILD_CHARS_MAX = 100;
/** Longest name of a browser or runtime in the table. Characters. */
export const CONFORMANCE_SOFTWARE_CHARS_MAX = 40;
/** Least time between two writings of the table. Milliseconds. */
export const CONFORMANCE_SAVE_MS = 10_000;
/** How old the table may be that is told. Milliseconds. */
export const CONFORMANCE_FRESH_MS = 1_000;
/** Largest work of one action, as a fresh guest counts it. Ten thousand steps. */
export const FUNCTION_GAS_MAX = 20;
/** Largest work that a shared guest does without handing over to a fresh one. Ten thousand steps. */
export const GUEST_GAS_MAX = 10;
/** Largest memory of one action, as a fresh guest counts it. Bytes. */
export const FUNCTION_MEMORY_BYTES_MAX = 16 * MIB;
/** Largest memory that a shared guest has without handing over to a fresh one. Bytes. */
export const GUEST_MEMORY_BYTES_MAX = 12 * MIB;
/** Memory above which a shared guest is replaced before its next entries. Bytes. */
export const GUEST_KEPT_BYTES_MAX = 6 * MIB;
/** Stack of a guest, well inside of what every browser gives a worker. Bytes. */
export const FUNCTION_STACK_BYTES_MAX = 96 * KIB;
/** Stack of a guest that parses a function's source. Bytes. */
export const COMPILER_STACK_BYTES_MAX = 16 * KIB;
/** Room on the stack that a call of `db` or `ctx` needs, whatever it comes to, of eight bytes each. Words. */
export const GUEST_RESERVE_WORDS = 3_000;
/** Most entries that a shared guest is given at once. Count. */
export const GUEST_ENTRIES_MAX = 4096;
/** Most text of entries that a shared guest is given at once. Characters. */
export const GUEST_TEXT_CHARS_MAX = 1024 * KIB;
/** Most hashes of rows' keys that a machine keeps beside its tree. Count. */
export const KEY_HASHES_MAX = 65_536;
/** Entries between two looks at the work of a shared guest. Count. */
export const GUEST_STRIDE = 64;
/** Longest source of a function. Characters. */
export const FUNCTION_SOURCE_CHARS_MAX = 48 * KIB;
/** Longest action, as JSON text, in which a byte takes up to four: an entry of credits fits. Characters. */
export const FUNCTION_ACTION_CHARS_MAX = 256 * KIB;
/** Deepest nesting of an action, value or result of a function. Count. */
export const FUNCTION_DATA_DEPTH_MAX = 12;
/** Longest key of a function's state. Characters. */
export const FUNCTION_KEY_CHARS_MAX = 256;
/** Largest value of a function's state. Bytes. */
export const FUNCTION_VALUE_BYTES_MAX = 16 * KIB;
/** Largest result of an action. Bytes. */
export const FUNCTION_RESULT_BYTES_MAX = 16 * KIB;
/** Longest message of an error that a function throws. Characters. */
export const FUNCTION_MESSAGE_CHARS_MAX = 200;
/** Most writes of one action. Count. */
export const FUNCTION_WRITES_MAX = 256;
/** Most rows that a function lists at once. Count. */
export const FUNCTION_LISTED_MAX = 256;
/** Largest state of one function. Bytes. */
export const FUNCTION_STATE_BYTES_MAX = 64 * MIB;
/** Longest anchor of an entry. Characters. */
export const ENTRY_ANCHOR_CHARS_MAX = 64;
/** Most hashes on the way of a state proof. Count. */
export const STATE_PROOF_STEPS_MAX = 256;
/** Actions whose outcomes are told; of those before, whoever evaluates the log learns. Count. */
export const OUTCOMES_KEPT_MAX = 4_096;
/** Largest values of outcomes that are kept, together. Bytes. */
export const OUTCOMES_KEPT_BYTES_MAX = 16 * MIB;
/** Entries whose changes a claimed state is kept behind, so that its rows can be proven. Count. */
export const CLAIMED_STATE_ENTRIES_MAX = 65_536;
/** Entries after which the state of functions is saved anew. Count. */
export const FUNCTIONS_SNAPSHOT_ENTRIES = 10_000;
/** How long an action may take where it is tried before the log takes it. Milliseconds. */
export const ACTION_TRIAL_MS = 2_000;
/** How long actions are not tried of a function of which one took too long. Milliseconds. */
export const SLOW_FUNCTION_MS = 60_000;
/** Functions that are remembered as slow. Count. */
export const SLOW_FUNCTIONS_MAX = 1_024;
/** How long an action waits until all that is in the log before it is evaluated. Milliseconds. */
export const TRIAL_LEVEL_MS = 30_000;
/** Actions that are tried together, so that trips between threads are shared. Count. */
export const TRIALS_TOGETHER_MAX = 32;
/** Actions that wait to be tried; above, a submission is refused. Count. */
export const TRIALS_WAITING_MAX = 1_024;
/** How long a question for an outcome waits until the entry is folded. Milliseconds. */
export const OUTCOME_WAIT_MS = 5_000;
/** Most rows of state in one answer. Count. */
export const STATE_ROWS_MAX = 256;
/** Longest answer about functions that a client reads. Bytes. */
export const FUNCTIONS_ANSWER_BYTES_MAX = 16 * MIB;
/** How long a client of functions waits for one answer. Milliseconds. */
export const FUNCTIONS_CALL_MS = 30_000;
/** How often a client of functions asks where nobody answers. Count. */
export const FUNCTIONS_CALL_TRIES_MAX = 4;
/** How long to wait before quarantines are written into the record again. Milliseconds. */
export const STANDING_RETRY_MS = 1_000;
/** How often is looked for what other judges decided in the record. Milliseconds. */
export const STANDING_LOOK_MS = 5_000;
/** How long to wait before a thread of functions that died is started again. Milliseconds. */
export const FUNCTIONS_RESTART_MS = 1_000;

/** Entries between an entry and a claim of the state's root after it; a later claim is none. Count. */
export const ROOT_CLAIM_LAG_MAX = 4_096;
/** Audits of tiles of the record that are open as jobs at a time. Count. */
export const AUDITS_OPEN_MAX = 4;
/** Bundles of entries that are read ahead of the one that is being verified. Count. */
export const VERIFY_BUNDLES_AHEAD = 4;
/** Bundles, from the end of a log, that are searched for the claim of a root. Count. */
export const ROOT_SEARCH_BUNDLES_MAX = 64;
/** How long one try to fetch a file of a log may take. Milliseconds. */
export const TILE_FETCH_MS = 30_000;
/** Tries to fetch a file of a log while its server cannot be reached. Count. */
export const TILE_FETCH_TRIES_MAX = 5;
/** Largest piece of a log that is posted to the archive: what bundlers of Arweave take freely. Bytes. */
export const ARCHIVE_PIECE_BYTES_MAX = 100 * KIB;
/** Entries that the archive does not have and that make it due for more: those of one tile. Count. */
export const ARCHIVE_DUE_ENTRIES = 256;
/** How long fewer entries than that wait to be archived. Milliseconds. */
export const ARCHIVE_TAIL_MS = 10 * 60_000;
/** Pieces that wait for the archive; what follows waits in the log. Count. */
export const ARCHIVE_QUEUE_MAX = 64;
/** Shortest wait after an archive failed; each next one is twice as long. Milliseconds. */
export const ARCHIVE_RETRY_MS_MIN = 2_000;
/** Longest wait after an archive failed. Milliseconds. */
export const ARCHIVE_RETRY_MS_MAX = 5 * 60_000;
/** Longest wait before a piece that the archive refused is tried again. Milliseconds. */
export const ARCHIVE_REFUSED_MS_MAX = 6 * 60 * 60_000;
/** Wait between two looks whether the archive has a piece for good. Milliseconds. */
export const ARCHIVE_CONFIRM_MS = 30_000;
/** How long a piece that was posted may be unknown to the archive until it is posted again. Milliseconds. */
export const ARCHIVE_LOST_MS = 60 * 60_000;
/** How long one call of an archive may take. Milliseconds. */
export const ARCHIVE_CALL_MS = 60_000;
/** Blocks of Arweave on top of the one that has a piece, until it counts as confirmed. Count. */
export const ARWEAVE_CONFIRMATIONS = 10;
/** Largest answer about pieces that is read from a gateway of Arweave. Bytes. */
export const ARWEAVE_ANSWER_BYTES_MAX = 1 * MIB;
/** Pieces behind a hole of an archive that are read to tell what is missing. Count. */
export const RESTORE_BEHIND_MAX = 1_024;
/** Most pieces of one log that an archive is asked to list. Count. */
export const ARCHIVE_LISTED_MAX = 1_000_000;
/** Verified entries that a restored log holds before it writes them. Count. */
export const RESTORE_ENTRIES_HELD = 4_096;

/** Largest entry of the log, as a bundle's 16-bit lengths need it. Bytes. */
export const ENTRY_BYTES_MAX = 65_535;
/** Largest part of an entry that is its tags. Bytes. */
export const ENTRY_TAGS_BYTES_MAX = 1 * KIB;
/** Largest body of an entry: what signature, owner, target, anchor, counts and tags leave. Bytes. */
export const ENTRY_BODY_BYTES_MAX = ENTRY_BYTES_MAX - 180 - ENTRY_TAGS_BYTES_MAX;
/** Most tags of an entry. Count. */
export const ENTRY_TAGS_MAX = 16;
/** Longest name of an entry's tag, as UTF-8. Bytes. */
export const ENTRY_TAG_NAME_BYTES_MAX = 64;
/** Longest value of an entry's tag, as UTF-8. Bytes. */
export const ENTRY_TAG_VALUE_BYTES_MAX = 256;
/** Most entries of one log. Count. */
export const LOG_ENTRIES_MAX = 2 ** 40;
/** Most hashes of an inclusion or consistency proof. Count. */
export const PROOF_HASHES_MAX = 63;
/** Largest signed note: a checkpoint with its cosignatures, or a promise. Bytes. */
export const NOTE_BYTES_MAX = 16 * KIB;
/** Most signatures on a note. Count. */
export const NOTE_SIGNATURES_MAX = 64;
/** Largest policy file. Bytes. */
export const POLICY_BYTES_MAX = 64 * KIB;
/** Most logs, witnesses or groups of a policy, each. Count. */
export const POLICY_NAMES_MAX = 64;
/** Largest receipt: an entry in base64, a proof and a checkpoint. Bytes. */
export const RECEIPT_BYTES_MAX = 112 * KIB;
/** Largest proof that a log forked: two checkpoints and the hashes between them. Bytes. */
export const FORK_PROOF_BYTES_MAX = 40 * KIB;
/** Largest proof that a log broke a promise: the promise, a checkpoint and hashes. Bytes. */
export const BROKEN_PROMISE_BYTES_MAX = 40 * KIB;
/** Promises of a log that a user's commands keep until they are redeemed. Count. */
export const PROMISES_KEPT_MAX = 1_024;
/** Largest request to a witness. Bytes. */
export const WITNESS_REQUEST_BYTES_MAX = NOTE_BYTES_MAX + 4 * KIB;
/** Most logs that a page or orchestrator keeps a pin of. Count. */
export const PINS_MAX = 1_000;
/** Largest log that a page runs again under another rule, whose actions are held in memory. Entries. */
export const WHAT_IF_ENTRIES_MAX = 1_000_000;
/** Receipts that a native agent keeps of a log beside its key, the newest. Count. */
export const AGENT_RECEIPTS_MAX = 1_024;
/** Receipts that a page keeps for its volunteer, the newest. Count. */
export const PAGE_RECEIPTS_MAX = 512;
/** Largest file of receipts that a page opens. Bytes. */
export const RECEIPTS_FILE_BYTES_MAX = 64 * MIB;
/** Most accepted tasks that one entry credits; at 16 bytes a task they fill it. Count. */
export const CREDITS_TASKS_MAX = 4_096;
/** Most keys that one entry credits, as a function's writes need it. Count. */
export const CREDITS_KEYS_MAX = 64;
/** Verified tiles that a client of a log remembers. Count. */
export const TILES_CACHED_MAX = 64;
/** Entries that wait for a thread that verifies them; above, a submission is refused. Count. */
export const ENTRIES_CHECKING_MAX = 4_096;
/** Bytes of entries that wait for a thread that verifies them; above, a submission is refused. Bytes. */
export const ENTRIES_CHECKING_BYTES_MAX = 32 * MIB;
/** Entries that a thread verifies in one go, and promises that it signs. Count. */
export const ENTRY_BATCH_MAX = 64;
/** Bytes of entries above which a thread is given no more of them in one go. Bytes. */
export const ENTRY_BATCH_BYTES_MAX = 256 * KIB;
/** Batches that a thread of entries has at a time, so that it never waits for the next. Count. */
export const ENTRY_BATCHES_AHEAD = 2;
/** Until a thread of entries must have done a batch; above, it is ended. Milliseconds. */
export const ENTRY_BATCH_MS_MAX = 30_000;
/** Until a thread of entries that ended is started again. Milliseconds. */
export const ENTRY_THREAD_RESTART_MS = 1_000;
/** Entries that wait to be appended; above, a submission is refused. Count. */
export const APPENDS_WAITING_MAX = 4_096;
/** Bytes of entries that wait to be appended; above, a submission is refused. Bytes. */
export const APPENDS_WAITING_BYTES_MAX = 32 * MIB;
/** Most entries that are made durable by one flush of the journal. Count. */
export const APPEND_BATCH_MAX = 1_024;
/** Entries in the journal above which tiles and a checkpoint are published. Count. */
export const JOURNAL_ENTRIES_MAX = 1_024;
/** Largest journal that is read on opening a log: what may wait, and what was flushed. Bytes. */
export const JOURNAL_BYTES_MAX = 192 * MIB;
/** Public keys that a verifier of entries keeps ready. Count. */
export const OWNER_KEYS_CACHED_MAX = 1_024;
/** Within which a checkpoint will have an entry, as promised to who submits it. Milliseconds. */
export const PROMISE_MS = 10 * 60_000;
/** How far the clock moves before the log tells the time anew. Milliseconds. */
export const RECORD_TIME_MS = 1_000;
/** Entries that one address range submits. Per second. */
export const ENTRIES_PER_SECOND = 20;
/** Entries that one address range submits at once. Count. */
export const ENTRIES_BURST = 400;
/** Credits of accepted tasks that wait for the record; above, no tasks are leased. Count. */
export const CREDITS_WAITING_MAX = 200_000;
/** Stages whose worth is remembered for credits. Count. */
export const CREDITED_STAGES_CACHED_MAX = 256;
/** Entries that credit a key on one page, unless the caller wants another number. Count. */
export const CREDITS_LISTED = 50;
/** Until a witness must have answered. Milliseconds. */
export const COSIGN_MS = 10_000;
/** Until a witness that did not cosign is asked again, where nothing new is published. Milliseconds. */
export const COSIGN_RETRY_MS = 10_000;
/** How often the logs of others that the policy names are looked at. Milliseconds. */
export const GOSSIP_MS = 60_000;
/** Proofs of forks that an orchestrator keeps and shows. Count. */
export const FORK_PROOFS_MAX = 16;
