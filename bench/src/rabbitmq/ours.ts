import { rabbitBroker } from "@meshwright/rabbitmq";
import { brokerContestant, meshContestant } from "../ours.js";

const connect = (url: string) => rabbitBroker({ url });

export const broker = brokerContestant(connect);
export const mesh = meshContestant(connect);
