/**
 * `@meshwright/testing`: the conformance kit for adapters, and tools for tests against trouble.
 *
 * One door. It loads vitest, a peer dependency, because `testBroker` must register its tests before it returns; in
 * the CommonJS build, where vitest cannot be loaded, `testBroker` throws and everything else works.
 */
export { type VirtualClock, virtualClock } from "./clock/virtual-clock.js";
export type { Ability, ConformanceCase, Guarantee } from "./conformance/case.js";
export type { ConformanceEnv, OpenOptions } from "./conformance/env.js";
export type { Hook } from "./conformance/hooks.js";
export type { Handle, Member } from "./conformance/member.js";
export type { ConformanceOptions } from "./conformance/options.js";
export type { Random } from "./conformance/random.js";
export { type CaseResult, runConformance } from "./conformance/run.js";
export { guarantees } from "./conformance/suites.js";
export { testBroker } from "./conformance/test-broker.js";
export { type Given, type GivenEvent, given, type Outcome } from "./decider/given.js";
export { type TestMesh, type TestMeshOptions, testMesh } from "./harness/test-mesh.js";
export { type ForkedBroker, type ForkOptions, forkBroker } from "./process/fork-broker.js";
export { type NodeProcess, type SpawnOptions, spawnNode } from "./process/spawn-node.js";
export { type FaultProxy, type FaultProxyOptions, faultProxy } from "./proxy/fault-proxy.js";
export { type EveryCrashResult, everyCrash, type SagaScenario } from "./saga/every-crash.js";
export { sagaHarness } from "./saga/harness.js";
export type {
  CrashPoint,
  GivenOptions,
  SagaHarness,
  SagaHarnessOptions,
  StepAttempt,
} from "./saga/options.js";
export { replaySaga } from "./saga/replay.js";
export { type PgbouncerServer, type PgbouncerServerOptions, pgbouncerServer } from "./servers/pgbouncer.js";
export { type PostgresServer, type PostgresServerOptions, postgresServer } from "./servers/postgres.js";
export { prepareServers } from "./servers/prepare.js";
export { type RabbitmqServer, type RabbitmqServerOptions, rabbitmqServer } from "./servers/rabbitmq.js";
export { type RedisServerOptions, redisServer } from "./servers/redis.js";
export { type RedisCluster, redisCluster } from "./servers/redis-cluster.js";
export type { RedisServer } from "./servers/redis-process.js";
export { type RedisSentinel, type RedisSentinelOptions, redisSentinel } from "./servers/redis-sentinel.js";
export type { RespReply } from "./servers/resp.js";
export type { Server } from "./servers/server.js";
export { shareServers } from "./servers/share-servers.js";
export type { StoreCase, StoreGuarantee, WorldHook } from "./store-conformance/case.js";
export type { StoreEnv } from "./store-conformance/env.js";
export type { StoreConformanceOptions, StoreWorld } from "./store-conformance/options.js";
export { runStoreConformance } from "./store-conformance/run.js";
export { storeGuarantees } from "./store-conformance/suites.js";
export { testStore } from "./store-conformance/test-store.js";
export { eventually, type WaitOptions } from "./waiting.js";
