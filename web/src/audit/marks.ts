/** Events marked for comparison: by `x` in the list, or as the baseline in an event. Kept per tab. */
import type { AuditEvent } from "../model/types";
import { compareEvents } from "../lib/events";
import { createStore, readStored, writeStored } from "../lib/store";

export type Mark = Pick<AuditEvent, "id" | "timestamp">;

const KEY = "api-test.marks";
const MAX_MARKS = 2;

function stored(): Mark[] {
  try {
    const value: unknown = JSON.parse(readStored("session", KEY) ?? "[]");
    return Array.isArray(value) ? value.filter(isMark).slice(0, MAX_MARKS) : [];
  } catch {
    return [];
  }
}

function isMark(value: unknown): value is Mark {
  const { id, timestamp } = (value ?? {}) as Partial<Mark>;
  return typeof id === "string" && typeof timestamp === "string";
}

export const marks = createStore<readonly Mark[]>(stored());

function keep(next: readonly Mark[]): void {
  writeStored("session", KEY, next.length > 0 ? JSON.stringify(next) : null);
  marks.set(next);
}

/** Marks or unmarks an event. A third mark replaces the first one. */
export function toggleMark({ id, timestamp }: Mark): void {
  const before = marks.get();
  keep(
    before.some((mark) => mark.id === id)
      ? before.filter((mark) => mark.id !== id)
      : [...before.slice(1 - MAX_MARKS), { id, timestamp }],
  );
}

/** Makes an event the only marked one. */
export const setBaseline = ({ id, timestamp }: Mark): void => keep([{ id, timestamp }]);

export const clearMarks = (): void => keep([]);

/** Link that compares two marked events, the earlier one as A; `null` with fewer. */
export function compareLink(marked: readonly Mark[]): string | null {
  const [a, b] = [...marked].sort(compareEvents);
  return a && b ? `/compare?a=${a.id}&b=${b.id}` : null;
}
