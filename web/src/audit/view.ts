import { createStore } from "../lib/store";

/** Last query of the audit page, including `?`; empty without filters. */
export const auditView = createStore<string>("");
