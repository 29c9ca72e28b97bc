import type { ReactNode } from "react";

export function SectionHead({ title, aside }: { title: string; aside?: ReactNode }) {
  return (
    <div className="flex min-h-9 flex-wrap items-center gap-2 px-3">
      <h2 className="flex-1 font-semibold">{title}</h2>
      {aside && <span className="text-sm text-ink-3">{aside}</span>}
    </div>
  );
}
