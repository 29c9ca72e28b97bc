import { GitCompareArrows } from "lucide-react";
import { useNavigate } from "react-router";

import type { AuditEvent } from "../model/types";
import { marks, setBaseline } from "../audit/marks";
import { useStore } from "../lib/use-store";
import { Button } from "../ui/button";
import { Menu } from "../ui/menu";

/** Menu of events to compare this one with. */
export function CompareMenu({ event }: { event: AuditEvent }) {
  const navigate = useNavigate();
  const baseline = useStore(marks)[0]?.id;
  const original = event.payload?.replayed_from;
  const withEvent = (label: string, id: string) => ({
    label,
    act: () => void navigate(`/compare?a=${id}&b=${event.id}`),
  });
  return (
    <Menu
      label="Compare"
      align="start"
      trigger={<Button icon={<GitCompareArrows size={14} aria-hidden />}>Compare</Button>}
      items={[
        ...(original ? [withEvent("Compare with original", original)] : []),
        ...(baseline && baseline !== event.id ? [withEvent("Compare with baseline", baseline)] : []),
        {
          label: baseline === event.id ? "Baseline" : "Select as baseline",
          disabled: baseline === event.id,
          act: () => setBaseline(event),
        },
        {
          label: "Compare with previous request to this path",
          act: () => void navigate(`/compare?b=${event.id}`),
        },
      ]}
    />
  );
}
