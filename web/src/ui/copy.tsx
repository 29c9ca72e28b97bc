import { Check, Copy } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";

import { Button, IconButton } from "./button";
import { cx } from "./cx";

/** Copies a text to the clipboard, also without a secure context. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "sr-only";
    document.body.append(area);
    area.select();
    // The only way over plain http, which test servers often use.
    const done = document.execCommand("copy"); // eslint-disable-line @typescript-eslint/no-deprecated
    area.remove();
    return done;
  }
}

export function CopyButton({
  text,
  label,
  children,
  className,
}: {
  text: string | (() => string);
  label: string;
  children?: ReactNode;
  className?: string;
}) {
  const [state, setState] = useState<"idle" | "done" | "failed">("idle");
  useEffect(() => {
    if (state === "idle") return;
    const timer = setTimeout(() => setState("idle"), 1500);
    return () => clearTimeout(timer);
  }, [state]);
  const icon = state === "done" ? <Check size={14} aria-hidden className="text-ok" /> : <Copy size={14} aria-hidden />;
  const act = () => {
    void copyText(typeof text === "function" ? text() : text).then((done) => setState(done ? "done" : "failed"));
  };
  const said = state === "done" ? "Copied" : state === "failed" ? "Copy failed" : label;
  return children ? (
    <Button onClick={act} icon={icon} className={className}>
      {children}
      <span role="status" className="sr-only">
        {state === "idle" ? "" : said}
      </span>
    </Button>
  ) : (
    <IconButton label={said} onClick={act} className={className}>
      {icon}
    </IconButton>
  );
}

/** Command or address with a copy button. */
export function CodeLine({ code, label, className }: { code: string; label: string; className?: string }) {
  return (
    <div className={cx("flex min-w-0 items-start gap-1 rounded border border-line bg-raised", className)}>
      <pre
        className="min-w-0 flex-1 px-2 py-1 font-mono text-sm leading-5 break-words whitespace-pre-wrap"
        role="group"
        aria-label={label}
      >
        {code}
      </pre>
      <CopyButton text={code} label={`Copy: ${label}`} />
    </div>
  );
}
