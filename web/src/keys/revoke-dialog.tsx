import { useMutation } from "@tanstack/react-query";

import { revokeKey } from "./calls";
import type { ApiKey } from "../model/types";
import { formatAgo, parseTime } from "../lib/format";
import { Button } from "../ui/button";
import { Dialog } from "../ui/overlays";
import { ErrorState } from "../ui/states";

/** Confirmation before a key is revoked. `target` is the key; `null` hides the dialog. */
export function RevokeDialog({ target, onClose }: { target: ApiKey | null; onClose: () => void }) {
  const revoke = useMutation({ mutationFn: revokeKey, onSuccess: () => close() });
  const busy = revoke.isPending;
  const close = () => {
    revoke.reset();
    onClose();
  };
  return (
    <Dialog
      open={target !== null}
      onOpenChange={(next) => !next && close()}
      title={`Revoke ${target?.name ?? ""}?`}
      description={
        target?.last_used_at
          ? `Last used ${formatAgo(parseTime(target.last_used_at) ?? new Date())}. Requests with this key will be answered with 401. This can't be undone.`
          : "Never used. This can't be undone."
      }
    >
      {revoke.error && <ErrorState error={revoke.error} title="Revoking failed" compact />}
      <div className="flex gap-2">
        <Button kind="danger" busy={busy} onClick={() => target && revoke.mutate(target.name)}>
          {busy ? "Revoking…" : "Revoke"}
        </Button>
        <Button onClick={close}>Cancel</Button>
      </div>
    </Dialog>
  );
}
