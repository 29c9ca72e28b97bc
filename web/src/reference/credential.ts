/** Credential for calls over the network: entered by the user, kept for this tab only. */
import { createStore, readStored, writeStored } from "../lib/store";

export interface Credential {
  kind: "none" | "key" | "bearer";
  value: string;
}

const KEY = "api-test.reference-credential";
const NONE: Credential = { kind: "none", value: "" };

export const credential = createStore<Credential>(stored());

function stored(): Credential {
  try {
    const kept = JSON.parse(readStored("session", KEY) ?? "null") as Partial<Credential> | null;
    const kind = kept?.kind === "key" || kept?.kind === "bearer" ? kept.kind : "none";
    return { kind, value: typeof kept?.value === "string" ? kept.value : "" };
  } catch {
    return NONE;
  }
}

export function setCredential(change: Partial<Credential>): void {
  const next = { ...credential.get(), ...change };
  writeStored("session", KEY, next.kind === "none" && next.value === "" ? null : JSON.stringify(next));
  credential.set(next);
}

/** Header of a credential: its name, the scheme before the secret, and the secret. */
export function credentialHeader(
  given: Credential,
  keyHeader: string,
): { name: string; scheme: "" | "Bearer "; secret: string } | null {
  if (given.kind === "key") return { name: keyHeader, scheme: "", secret: given.value };
  if (given.kind === "bearer") return { name: "Authorization", scheme: "Bearer ", secret: given.value };
  return null;
}
