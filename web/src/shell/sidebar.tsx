import { LogIn, LogOut, PanelLeftClose, PanelLeftOpen } from "lucide-react";
import { useLocation } from "react-router";

import { useMe } from "../api/queries";
import { auditView } from "../audit/view";
import { useStore } from "../lib/use-store";
import { cx } from "../ui/cx";
import { PreparedNavLink } from "../ui/prepared-link";
import { NAV_ITEMS } from "./nav";
import { signOut } from "./session";

const row = "flex h-8 items-center gap-2.5 rounded px-2 text-ink-2 hover:bg-hover hover:text-ink";

/** True when a page without its own entry in the navigation belongs to this entry. */
const isPartOf = (entry: string, pathname: string) => entry === "/audit" && /^\/(event|compare)(\/|$)/.test(pathname);

/** Navigation. `narrow` shows only icons. */
export function Sidebar({
  narrow,
  onNarrow,
  onGo,
}: {
  narrow: boolean;
  onNarrow?: (narrow: boolean) => void;
  onGo?: () => void;
}) {
  const me = useMe();
  const filters = useStore(auditView);
  const { pathname } = useLocation();
  const words = (text: string) => <span className={narrow ? "sr-only" : "truncate"}>{text}</span>;
  return (
    <nav aria-label="Pages" className={cx("flex h-full flex-col gap-0.5 p-2", narrow ? "w-12" : "w-44")}>
      {NAV_ITEMS.map((item) => (
        <PreparedNavLink
          key={item.to}
          to={item.to === "/audit" ? `/audit${filters}` : item.to}
          title={narrow ? item.label : undefined}
          onClick={onGo}
          className={({ isActive }) =>
            cx(
              row,
              (isActive || isPartOf(item.to, pathname)) &&
                "bg-accent-soft font-semibold text-accent hover:bg-accent-soft hover:text-accent",
            )
          }
        >
          <span className="shrink-0">{item.icon}</span>
          {words(item.label)}
        </PreparedNavLink>
      ))}
      <div className="mt-auto flex flex-col gap-0.5">
        <button type="button" className={row} onClick={() => void signOut()} title={narrow ? "Sign out" : undefined}>
          <span className="shrink-0">
            {me.isError ? <LogIn size={16} aria-hidden /> : <LogOut size={16} aria-hidden />}
          </span>
          {words(me.isError ? "Sign in" : "Sign out")}
        </button>
        {onNarrow && (
          <button
            type="button"
            className={row}
            onClick={() => onNarrow(!narrow)}
            title={narrow ? "Expand" : undefined}
            aria-expanded={!narrow}
          >
            <span className="shrink-0">
              {narrow ? <PanelLeftOpen size={16} aria-hidden /> : <PanelLeftClose size={16} aria-hidden />}
            </span>
            {words(narrow ? "Expand" : "Collapse")}
          </button>
        )}
      </div>
    </nav>
  );
}
