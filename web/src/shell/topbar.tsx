import { Menu as MenuIcon, Pause, Play } from "lucide-react";
import { Link } from "react-router";

import { live, setLive } from "../api/live";
import { isAuditOff } from "../api/errors";
import { useMe, useServer, useStats } from "../api/queries";
import { connection } from "../api/client";
import { formatCount } from "../lib/format";
import { useStore } from "../lib/use-store";
import { IconButton } from "../ui/button";
import { cx } from "../ui/cx";
import { Logo } from "../ui/logo";
import { ThemeButton } from "../ui/theme-button";

export function TopBar({ onMenu }: { onMenu: () => void }) {
  const server = useServer();
  const me = useMe();
  const who = me.data?.email ?? me.data?.name ?? me.data?.subject ?? "";
  const how = me.data?.auth_type ?? "";
  return (
    <header className="flex h-11 shrink-0 items-center gap-2 border-b border-line bg-surface px-3">
      <IconButton label="Pages" className="md:hidden" onClick={onMenu}>
        <MenuIcon size={16} aria-hidden />
      </IconButton>
      <Logo size={20} className="hidden sm:block" />
      <span className="truncate font-semibold">{server.data?.name ?? "api-test"}</span>
      <span className="hidden min-w-12 text-ink-3 sm:inline">{server.data?.version ?? ""}</span>
      <div className="flex-1" />
      <LiveDot />
      <ThemeButton />
      <span className="hidden max-w-52 truncate text-ink-2 sm:inline" title={how ? `${who} (${how})` : who}>
        {who}
      </span>
    </header>
  );
}

/** Switch of live updates, and fill level of the audit queue. */
function LiveDot() {
  const on = useStore(live);
  const reach = useStore(connection);
  const stats = useStats({ range: "15m" });
  const off = isAuditOff(stats.error);
  const words = reach === "down" ? "Offline" : off ? "Audit off" : on ? "Live" : "Paused";
  const tone = reach === "down" ? "bg-server" : off ? "bg-line-strong" : on ? "bg-ok" : "bg-client";
  const { queue_depth: depth, queue_capacity: capacity, dropped_total: dropped } = stats.data ?? {};
  return (
    <>
      {dropped ? (
        <Link
          to="/dashboard"
          className="rounded px-1.5 py-1 font-semibold text-client hover:bg-hover"
          title="Events were dropped: these requests are not recorded"
        >
          ▲ {formatCount(dropped)} dropped
        </Link>
      ) : null}
      <button
        type="button"
        onClick={() => setLive(!on)}
        className="flex h-7 items-center gap-2 rounded border border-line px-2 hover:bg-hover"
        aria-pressed={on}
        title={`${on ? "Pause" : "Resume"} live updates. Audit queue: ${depth ?? "?"} of ${capacity ?? "?"}.`}
      >
        <span
          className={cx("size-2 shrink-0 rounded-full", tone, !on && reach === "up" && !off && "rounded-[1px]")}
          aria-hidden
        />
        <span>{words}</span>
        <span className="hidden min-w-[64px] border-l border-line pl-2 text-left text-ink-3 sm:inline">
          {depth === undefined ? "queue –" : `queue ${formatCount(depth)}`}
        </span>
        {on ? (
          <Pause size={12} aria-hidden className="text-ink-3" />
        ) : (
          <Play size={12} aria-hidden className="text-ink-3" />
        )}
      </button>
    </>
  );
}
