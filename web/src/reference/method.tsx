import { cx } from "../ui/cx";

const COLOURS: Record<string, string> = {
  GET: "text-accent",
  HEAD: "text-accent",
  POST: "text-ok",
  PUT: "text-client",
  PATCH: "text-gone",
  DELETE: "text-server",
};

/** Method of an operation, with its own colour. */
export function Method({ method, className }: { method: string; className?: string }) {
  return (
    <span className={cx("shrink-0 font-mono font-semibold", COLOURS[method] ?? "text-ink-2", className)}>{method}</span>
  );
}
