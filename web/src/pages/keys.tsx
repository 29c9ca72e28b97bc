import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";

import { ApiError } from "../api/errors";
import { useKeys } from "../api/queries";
import type { ApiKey } from "../model/types";
import { CreateDialog } from "../keys/create-dialog";
import { hasDraft } from "../keys/draft";
import { RevokeDialog } from "../keys/revoke-dialog";
import { KeyTable } from "../keys/table";
import { formatCount } from "../lib/format";
import { Button } from "../ui/button";
import { Skeleton } from "../ui/text";
import { Empty, ErrorState } from "../ui/states";

/** API keys in the database. */
export default function Keys() {
  const keys = useKeys();
  const [creating, setCreating] = useState(hasDraft);
  const [revoking, setRevoking] = useState<ApiKey | null>(null);

  const off = keys.error instanceof ApiError && keys.error.code === "keys_disabled";
  if (keys.isError && !keys.data) {
    return off ? (
      <Empty title="Database keys are disabled" icon={<KeyRound size={16} aria-hidden className="text-ink-3" />}>
        <p>
          api_keys.db.enabled is false. Set <code className="font-mono">api_keys.db.enabled: true</code> and{" "}
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
        <KeyTable keys={keys.data} now={keys.dataUpdatedAt} onRevoke={setRevoking} />
      )}
      <CreateDialog open={creating} onClose={() => setCreating(false)} />
      <RevokeDialog target={revoking} onClose={() => setRevoking(null)} />
    </div>
  );
}
