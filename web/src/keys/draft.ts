/** Form of a new key, kept per tab until the key is created, because sign-in at a provider leaves the page. */
import type { NewKey } from "../model/types";
import { readStored, writeStored } from "../lib/store";

const KEY = "api-test.new-key";
const DAY_MS = 864e5;

export interface KeyDraft {
  name: string;
  description: string;
  /** Days until the key expires; empty for never. */
  days: string;
}

const EMPTY: KeyDraft = { name: "", description: "", days: "90" };

export const hasDraft = (): boolean => readStored("session", KEY) !== null;

export function readDraft(): KeyDraft {
  try {
    return { ...EMPTY, ...(JSON.parse(readStored("session", KEY) ?? "{}") as Partial<KeyDraft>) };
  } catch {
    return EMPTY;
  }
}

export function keepDraft(draft: KeyDraft): void {
  if (draft.name || draft.description) writeStored("session", KEY, JSON.stringify(draft));
}

export function forgetDraft(): KeyDraft {
  writeStored("session", KEY, null);
  return EMPTY;
}

/** Key to create, in the API's form. */
export function newKey(draft: KeyDraft): NewKey {
  const description = draft.description.trim();
  return {
    name: draft.name.trim(),
    ...(description ? { description } : {}),
    ...(draft.days ? { expires_at: new Date(Date.now() + Number(draft.days) * DAY_MS).toISOString() } : {}),
  };
}
