import { useState } from "react";

import { useStore } from "../lib/use-store";
import { Select } from "../ui/field";
import { credential, setCredential, type Credential } from "./credential";

/** Credential for calls over the network. */
export function CredentialField({ keyHeader, bearer }: { keyHeader: string; bearer: boolean }) {
  const { kind, value } = useStore(credential);
  const [shown, setShown] = useState(false);
  return (
    <fieldset className="flex flex-wrap items-end gap-2">
      <legend className="label float-left w-full pb-1">Credential, kept for this tab only</legend>
      <Select
        aria-label="Kind of credential"
        value={kind}
        onChange={(event) => setCredential({ kind: event.target.value as Credential["kind"] })}
      >
        <option value="none">None</option>
        <option value="key">API key ({keyHeader})</option>
        {(bearer || kind === "bearer") && <option value="bearer">Bearer token</option>}
      </Select>
      {kind !== "none" && (
        <>
          <input
            className="control min-w-40 flex-1 font-mono text-sm"
            aria-label={kind === "key" ? "API key" : "Bearer token"}
            type={shown ? "text" : "password"}
            value={value}
            onChange={(event) => setCredential({ value: event.target.value.trim() })}
            autoComplete="off"
            spellCheck={false}
          />
          <label className="flex h-7 items-center gap-1.5 text-ink-2">
            <input type="checkbox" checked={shown} onChange={(event) => setShown(event.target.checked)} />
            Show
          </label>
        </>
      )}
    </fieldset>
  );
}
