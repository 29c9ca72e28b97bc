import type { ReactNode } from "react";

import { visible } from "../lib/text";
import { cx } from "../ui/cx";
import type { Fact } from "./record";

/** Names and values. `wide`: in two columns where there is room. */
export function Facts({ wide, children }: { wide?: boolean; children: ReactNode }) {
  return (
    <dl
      className={cx(
        "kv grid-cols-[fit-content(40%)_minmax(0,1fr)] px-3 py-2",
        wide && "@4xl:grid-cols-[repeat(2,max-content_minmax(0,1fr))]",
      )}
    >
      {children}
    </dl>
  );
}

export function FactRow({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

/** Facts of a handshake or a header, each as a row: `TLS version`. */
export function FactRows({ facts, prefix }: { facts: readonly Fact[]; prefix: string }) {
  return facts.map(([name, value], at) => (
    <FactRow key={at} name={`${prefix} ${name}`}>
      <span className="font-mono text-sm">{visible(value.slice(0, 2000)) || "–"}</span>
    </FactRow>
  ));
}
