import { KeyRound, Plus, Trash2, TriangleAlert } from "lucide-react";
import { useEffect, useState, type SyntheticEvent } from "react";

import { ADMIN, ApiError, call, keyHeader } from "../api/client";
import { queryClient, useKeys, useServer } from "../api/queries";
import type { ApiKey, CreatedKey } from "../api/types";
import { formatAgo, formatCount, parseTime } from "../lib/format";
import { readStored, writeStored } from "../lib/store";
import { Button, CodeLine, Field, IconButton, Select, Skeleton, Tag, Time } from "../ui/basics";
import { Dialog } from "../ui/overlays";
import { Empty, ErrorState } from "../ui/states";

/** The keys of the database: who may call, until when, and who does. */
export default function Keys() {
  const keys = useKeys();
  const [creating, setCreating] = useState(readStored("session", DRAFT) !== null);
  const [revoking, setRevoking] = useState<ApiKey | null>(null);

  const off = keys.error instanceof ApiError && keys.error.status === 503;
  if (keys.isError && !keys.data) {
    return off ? (
      <Empty title="Database keys are disabled" icon={<KeyRound size={16} aria-hidden className="text-ink-3" />}>
        <p>{keys.error.message}</p>
        <p>
          Set <code className="font-mono">api_keys.db.enabled: true</code> and{" "}
          <code className="font-mono">database.url</code> in the configuration file and restart the server. Keys in the
          file (<code className="font-mono">api_keys.file</code>) work without it.
        </p>
      </Empty>
    ) : (
      <ErrorState error={keys.error} title="Keys unavailable" retry={() => void keys.refetch()} />
    );
  }
  return (
    <div className="flex flex-col gap-3 p-3 sm:p-4">
      <div className="flex flex-wrap items-center gap-3">
        <h1 className="flex-1 text-lg font-semibold sm:flex-none">Keys</h1>
        <span className="hidden flex-1 text-ink-3 sm:inline">
          {keys.data
            ? `${formatCount(keys.data.length)} in the database. Keys from the configuration file are listed under Config.`
            : ""}
        </span>
        <Button kind="primary" icon={<Plus size={14} aria-hidden />} onClick={() => setCreating(true)}>
          New key
        </Button>
      </div>
      {!keys.data ? (
        <Skeleton className="h-48" />
      ) : keys.data.length === 0 ? (
        <div className="card">
          <Empty level={2} title="No keys" icon={<KeyRound size={16} aria-hidden className="text-ink-3" />}>
            <p>
              Create one key per caller, for example for the gateway under test. The audit trail shows its name with
              each request.
            </p>
          </Empty>
        </div>
      ) : (
        <div className="card overflow-x-auto" tabIndex={0} role="region" aria-label="Keys">
          <table className="w-full text-left">
            <thead>
              <tr className="h-8 border-b border-line bg-raised text-sm text-ink-2">
                <th className="px-2 font-normal sm:px-3">Name</th>
                <th className="hidden px-3 font-normal sm:table-cell">Description</th>
                <th className="hidden px-3 font-normal md:table-cell">Created</th>
                <th className="px-2 font-normal sm:px-3">Expires</th>
                <th className="px-2 font-normal sm:px-3">Last used</th>
                <th className="w-10 px-1 sm:w-12 sm:px-3">
                  <span className="sr-only">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {keys.data.map((key) => (
                <tr key={key.name} className="h-9 border-b border-line/60 last:border-b-0 hover:bg-hover">
                  <td
                    className="max-w-24 truncate px-2 font-mono text-sm font-semibold sm:max-w-56 sm:px-3"
                    title={key.name}
                  >
                    {key.name}
                  </td>
                  <td
                    className="hidden max-w-72 min-w-32 truncate px-3 text-ink-2 sm:table-cell"
                    title={key.description ?? undefined}
                  >
                    {key.description || <span className="text-ink-3">–</span>}
                  </td>
                  <td className="hidden px-3 whitespace-nowrap md:table-cell">
                    <Time value={key.created_at} as="ago" />{" "}
                    <span className="text-ink-3">{key.created_by ? `by ${key.created_by}` : ""}</span>
                  </td>
                  <td className="px-2 whitespace-nowrap sm:px-3">
                    <Expiry value={key.expires_at} now={keys.dataUpdatedAt} />
                  </td>
                  <td className="px-2 whitespace-nowrap sm:px-3">
                    {key.last_used_at ? (
                      <Time value={key.last_used_at} as="ago" />
                    ) : (
                      <span className="text-ink-3">never</span>
                    )}
                  </td>
                  <td className="px-1 sm:px-2">
                    <IconButton
                      label={`Revoke ${key.name}`}
                      onClick={() => setRevoking(key)}
                      className="hover:text-server"
                    >
                      <Trash2 size={14} aria-hidden />
                    </IconButton>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <CreateDialog open={creating} onClose={() => setCreating(false)} />
      <RevokeDialog keyToGo={revoking} onClose={() => setRevoking(null)} />
    </div>
  );
}

/** `now`: when the list was fetched, in ms. */
function Expiry({ value, now }: { value: string | null | undefined; now: number }) {
  const date = parseTime(value);
  if (!date) return <span className="text-ink-3">never</span>;
  const left = date.getTime() - now;
  if (left <= 0)
    return (
      <Tag tone="bad" title={date.toISOString()}>
        ✕&nbsp;<span className="hidden sm:inline">expired&nbsp;</span>
        {formatAgo(date)}
      </Tag>
    );
  if (left < 7 * 864e5)
    return (
      <Tag tone="warn" title={date.toISOString()}>
        ▲ {formatAgo(date)}
      </Tag>
    );
  return <Time value={value} as="ago" />;
}

const DRAFT = "api-test.new-key";
const LIFETIMES: [string, string][] = [
  ["", "Never"],
  ["1", "In 1 day"],
  ["7", "In 7 days"],
  ["30", "In 30 days"],
  ["90", "In 90 days"],
  ["365", "In 1 year"],
];

interface Draft {
  name: string;
  description: string;
  days: string;
}

function CreateDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const server = useServer();
  const [draft, setDraft] = useState<Draft>(() => {
    try {
      return {
        name: "",
        description: "",
        days: "90",
        ...(JSON.parse(readStored("session", DRAFT) ?? "{}") as Partial<Draft>),
      };
    } catch {
      return { name: "", description: "", days: "90" };
    }
  });
  const [made, setMade] = useState<CreatedKey | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    if (draft.name || draft.description) writeStored("session", DRAFT, JSON.stringify(draft));
  }, [draft]);

  const close = () => {
    writeStored("session", DRAFT, null);
    setDraft({ name: "", description: "", days: "90" });
    setMade(null);
    setError(null);
    onClose();
  };
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    const name = draft.name.trim();
    if (!name) return setError("Enter a name");
    setBusy(true);
    setError(null);
    const body: Record<string, string> = { name };
    if (draft.description.trim()) body.description = draft.description.trim();
    if (draft.days) body.expires_at = new Date(Date.now() + Number(draft.days) * 864e5).toISOString();
    call<CreatedKey>(`${ADMIN}/api-keys`, { method: "POST", body })
      .then((created) => {
        setMade(created);
        writeStored("session", DRAFT, null);
        void queryClient.invalidateQueries({ queryKey: ["keys"] });
      })
      .catch((cause: unknown) =>
        setError(
          cause instanceof ApiError && cause.status === 409
            ? "A key with this name already exists"
            : (cause as Error).message,
        ),
      )
      .finally(() => setBusy(false));
  };

  return (
    <Dialog
      open={open}
      onOpenChange={(next) => !next && close()}
      title={made ? `Key ${made.key.name}` : "New key"}
      firm={made !== null}
      wide={made !== null}
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
            label="curl line with the key"
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

function RevokeDialog({ keyToGo, onClose }: { keyToGo: ApiKey | null; onClose: () => void }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const close = () => {
    setError(null);
    onClose();
  };
  const revoke = () => {
    if (!keyToGo) return;
    setBusy(true);
    setError(null);
    call(`${ADMIN}/api-keys/${encodeURIComponent(keyToGo.name)}`, { method: "DELETE" })
      .then(() => {
        void queryClient.invalidateQueries({ queryKey: ["keys"] });
        close();
      })
      .catch((cause: unknown) => {
        // Somebody else was quicker.
        if (cause instanceof ApiError && cause.status === 404) {
          void queryClient.invalidateQueries({ queryKey: ["keys"] });
          close();
        } else setError(cause);
      })
      .finally(() => setBusy(false));
  };
  return (
    <Dialog
      open={keyToGo !== null}
      onOpenChange={(next) => !next && close()}
      title={`Revoke ${keyToGo?.name ?? ""}?`}
      description={
        keyToGo?.last_used_at
          ? `Last used ${formatAgo(parseTime(keyToGo.last_used_at) ?? new Date())}. Requests with this key will be answered with 401. This can't be undone.`
          : "Never used. This can't be undone."
      }
    >
      {error !== null && <ErrorState error={error} title="Revoking failed" compact />}
      <div className="flex gap-2">
        <Button kind="danger" busy={busy} onClick={revoke}>
          {busy ? "Revoking…" : "Revoke"}
        </Button>
        <Button onClick={close}>Cancel</Button>
      </div>
    </Dialog>
  );
}
