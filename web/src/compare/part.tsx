import type { ReactNode } from "react";

import { countChanges, type FieldDiff } from "../lib/diff";
import { formatCount } from "../lib/format";
import { visible } from "../lib/text";
import { cx } from "../ui/cx";
import { SIGNS, WORDS } from "./change";

export function PartHead({ title, children }: { title: string; children: ReactNode }) {
  return (
    <header className="flex min-h-8 items-center gap-2 border-line px-3 not-last:border-b">
      <h2 className="flex-1 font-semibold">{title}</h2>
      <span className="text-sm text-ink-3">{children}</span>
    </header>
  );
}

/** Fields of two events as rows: name, value in A, value in B. */
export function Part({ title, rows, onlyChanges }: { title: string; rows: FieldDiff[]; onlyChanges: boolean }) {
  const shown = onlyChanges ? rows.filter((row) => row.change !== "same" && !row.expected) : rows;
  const hidden = rows.length - shown.length;
  const changes = countChanges(rows);
  return (
    <section className="card overflow-hidden" aria-label={title}>
      <PartHead title={title}>
        {changes === 0 ? "equal" : `${formatCount(changes)} of ${formatCount(rows.length)} differ`}
      </PartHead>
      {shown.length > 0 && (
        <table className="w-full table-fixed text-left">
          <colgroup>
            <col className="w-7" />
            <col className="w-24 sm:w-44" />
            <col />
            <col />
          </colgroup>
          <thead className="sr-only">
            <tr>
              <th>How</th>
              <th>Name</th>
              <th>A</th>
              <th>B</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => {
              const differs = row.change !== "same" && !row.expected;
              return (
                <tr key={row.name} className="border-t border-line/60 align-top first:border-t-0">
                  <td
                    className={cx("py-1 pl-3 font-mono font-semibold", differs ? "text-client" : "text-ink-3")}
                    title={WORDS[row.change]}
                  >
                    <span aria-hidden>{SIGNS[row.change]}</span>
                    <span className="sr-only">{WORDS[row.change]}</span>
                  </td>
                  <th scope="row" className="py-1 pr-2 pl-2 font-mono text-sm font-normal break-words text-ink-2">
                    {visible(row.name)}
                  </th>
                  <Cell value={row.a} marked={differs} tone="bg-server-soft" />
                  <Cell value={row.b} marked={differs} tone="bg-ok-soft" />
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
      {hidden > 0 && shown.length > 0 && (
        <p className="border-t border-line/60 px-3 py-1 text-sm text-ink-3">{formatCount(hidden)} equal or ignored</p>
      )}
    </section>
  );
}

function Cell({ value, marked, tone }: { value: string | null; marked: boolean; tone: string }) {
  return (
    <td
      className={cx(
        "px-1.5 py-1 font-mono text-sm [overflow-wrap:anywhere] whitespace-pre-wrap sm:px-2",
        marked && value !== null && tone,
      )}
    >
      {value === null ? (
        <span className="font-sans text-ink-3">missing</span>
      ) : (
        visible(value.length > 4000 ? `${value.slice(0, 4000)} … ${formatCount(value.length)} characters` : value)
      )}
    </td>
  );
}
