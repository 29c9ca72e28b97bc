import { memo } from "react";

import { cx } from "../ui/cx";
import { Highlight, Tag } from "../ui/text";
import { glyphsOf, type Glyph, type GlyphKind } from "./glyphs";

const LOOKS: Record<GlyphKind, string> = {
  plain: "",
  blank: "text-accent",
  control: "rounded-[2px] bg-client-soft text-client",
  wide: "underline decoration-dotted underline-offset-2",
  byte: "rounded-[2px] bg-client-soft text-client",
  redacted: "",
};

/** Bytes as text; white space at the ends, control characters and bytes that are no UTF-8 are made visible. */
export const Octets = memo(function Octets({
  bytes,
  search,
  ends = true,
  className,
}: {
  bytes: Uint8Array;
  search: string;
  ends?: boolean;
  className?: string;
}) {
  return (
    <span className={cx("[overflow-wrap:anywhere] whitespace-pre-wrap", className)}>
      {glyphsOf(bytes, { ends }).map((glyph, at) => (
        <Piece key={at} glyph={glyph} search={search} />
      ))}
    </span>
  );
});

function Piece({ glyph, search }: { glyph: Glyph; search: string }) {
  const { kind, text, title } = glyph;
  if (kind === "redacted") {
    return (
      <Tag title="Redacted before recording. Equal values have equal fingerprints.">
        <span className="text-ink-3">▒▒▒</span>&nbsp;redacted
        {glyph.fingerprint && (
          <>
            {" "}
            <Highlight text={glyph.fingerprint} search={search} />
          </>
        )}
      </Tag>
    );
  }
  if (kind === "plain") return <Highlight text={text} search={search} />;
  return (
    <span className={LOOKS[kind]} title={title}>
      <Highlight text={text} search={search} />
    </span>
  );
}
