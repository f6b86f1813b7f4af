import { redisBroker } from "@meshwright/redis";
import { brokerContestant, meshContestant } from "../ours.js";

const connect = (url: string) => redisBroker({ url });

export const broker = brokerContestant(connect);
export const mesh = meshContestant(connect);
