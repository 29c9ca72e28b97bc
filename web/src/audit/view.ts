import { createStore } from "../lib/store";

/** Query of the audit page as it was last seen, `?` included; empty without filters. */
export const auditView = createStore<string>("");
