import { createStore, readStored, writeStored } from "../lib/store";

/** True while live updates are on. One switch in the top bar for the whole portal. */
export const live = createStore<boolean>(readStored("session", "api-test.paused") !== "1");

export function setLive(on: boolean): void {
  writeStored("session", "api-test.paused", on ? null : "1");
  live.set(on);
}
