import { cx } from "./cx";

/** Logo. Decorative: the name is beside it. */
export function Logo({ size, className }: { size: number; className?: string }) {
  return (
    <svg width={size} height={size} viewBox="0 0 16 16" aria-hidden className={cx("shrink-0 text-accent", className)}>
      <rect width="16" height="16" rx="3" fill="currentColor" />
      <path
        d="M3 10.5h2.5L7 5l2 7 1.5-4.5H13"
        fill="none"
        stroke="var(--accent-ink)"
        strokeWidth="1.5"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
