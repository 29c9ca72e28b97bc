import { useMutation } from "@tanstack/react-query";
import { TriangleAlert } from "lucide-react";
import { useEffect, useState, type SyntheticEvent } from "react";

import { keyHeader } from "../api/client";
import { ApiError } from "../api/errors";
import { useServer } from "../api/queries";
import { createKey } from "./calls";
import { Button } from "../ui/button";
import { CodeLine } from "../ui/copy";
import { Field, Select } from "../ui/field";
import { Dialog } from "../ui/overlays";
import { forgetDraft, keepDraft, newKey, readDraft } from "./draft";

const LIFETIMES: [string, string][] = [
  ["", "Never"],
  ["1", "In 1 day"],
  ["7", "In 7 days"],
  ["30", "In 30 days"],
  ["90", "In 90 days"],
  ["365", "In 1 year"],
];

/** Creates a key, and shows its plaintext once. */
export function CreateDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const server = useServer();
  const [draft, setDraft] = useState(readDraft);
  const [wrong, setWrong] = useState<string | null>(null);
  const create = useMutation({ mutationFn: () => createKey(newKey(draft)), onSuccess: forgetDraft });
  useEffect(() => keepDraft(draft), [draft]);
  const made = create.data;
  const busy = create.isPending;
  const error = wrong ?? (create.error ? explain(create.error) : null);

  const close = () => {
    setDraft(forgetDraft());
    setWrong(null);
    create.reset();
    onClose();
  };
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    const empty = draft.name.trim() === "";
    setWrong(empty ? "Enter a name" : null);
    if (!empty) create.mutate();
  };

  return (
    <Dialog
      open={open}
      onOpenChange={(next) => !next && close()}
      title={made ? `Key ${made.key.name}` : "New key"}
      dismissible={made === undefined}
      wide={made !== undefined}
    >
      {made ? (
        <>
          <p className="flex gap-2 rounded bg-client-soft px-3 py-2 text-client">
            <TriangleAlert size={16} aria-hidden className="mt-0.5 shrink-0" />
            Copy the key now. It is shown only once: the server stores a hash.
          </p>
          <CodeLine label="The key" code={made.plaintext} />
          <p className="text-ink-2">Example request:</p>
          <CodeLine
            label="curl command with the key"
            code={`curl -H "${keyHeader()}: ${made.plaintext}" ${server.data?.base_url ?? location.origin}/v1/whoami`}
          />
          <div>
            <Button kind="primary" onClick={close}>
              Done
            </Button>
          </div>
        </>
      ) : (
        <form onSubmit={submit} className="flex flex-col gap-3" noValidate>
          <Field label="Name" hint="Shown in the audit trail, for example gateway-prod" error={error}>
            <input
              className="control"
              value={draft.name}
              onChange={(event) => setDraft({ ...draft, name: event.target.value })}
              aria-invalid={error ? true : undefined}
              maxLength={100}
              autoComplete="off"
              spellCheck={false}
            />
          </Field>
          <Field label="Description (optional)">
            <input
              className="control"
              value={draft.description}
              onChange={(event) => setDraft({ ...draft, description: event.target.value })}
              autoComplete="off"
            />
          </Field>
          <Field label="Expires">
            <Select value={draft.days} onChange={(event) => setDraft({ ...draft, days: event.target.value })}>
              {LIFETIMES.map(([days, words]) => (
                <option key={days} value={days}>
                  {words}
                </option>
              ))}
            </Select>
          </Field>
          <div className="flex gap-2">
            <Button type="submit" kind="primary" busy={busy}>
              {busy ? "Creating…" : "Create key"}
            </Button>
            <Button onClick={close}>Cancel</Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}

function explain(error: Error): string {
  return error instanceof ApiError && error.code === "key_exists"
    ? "A key with this name already exists"
    : error.message;
}
