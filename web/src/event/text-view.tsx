import { EditorState, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, highlightSpecialChars, lineNumbers, type DecorationSet } from "@codemirror/view";
import { useEffect, useMemo, useRef } from "react";

import { findText } from "../lib/text";
import { SearchSteps, useSteps } from "./steps";

interface Matches {
  /** Offsets of the matches, each `length` characters long. */
  found: readonly number[];
  length: number;
  current: number | undefined;
}

const setMatches = StateEffect.define<Matches>();
const match = Decoration.mark({ tagName: "mark" });
const currentMatch = Decoration.mark({ tagName: "mark", class: "current" });

const matches = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(before, transaction) {
    for (const effect of transaction.effects) {
      if (!effect.is(setMatches)) continue;
      const { found, length, current } = effect.value;
      return Decoration.set(found.map((at) => (at === current ? currentMatch : match).range(at, at + length)));
    }
    return before;
  },
  provide: (field) => EditorView.decorations.from(field),
});

const look = EditorView.theme({
  "&": { maxHeight: "460px", fontSize: "12px", color: "var(--ink)" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "-2px" },
  ".cm-scroller": { fontFamily: "inherit", lineHeight: "18px", overflow: "auto" },
  ".cm-content": { padding: "0" },
  ".cm-gutters": { background: "var(--surface)", color: "var(--ink-3)", border: "none" },
  ".cm-specialChar": { color: "var(--server)" },
  mark: { background: "var(--mark)", color: "var(--mark-ink)" },
  "mark.current": { outline: "2px solid var(--accent)" },
});

function extensions(label: string) {
  return [
    // Offsets refer to the text, so a carriage return is shown, not taken as a line end.
    EditorState.lineSeparator.of("\n"),
    EditorState.readOnly.of(true),
    EditorView.editable.of(false),
    EditorView.contentAttributes.of({ tabindex: "0", "aria-label": label, "aria-readonly": "true" }),
    EditorView.lineWrapping,
    lineNumbers(),
    // Bidirectional overrides that CodeMirror does not mark itself.
    highlightSpecialChars({ addSpecialChars: /[\u202a-\u202c\u2068]/g }),
    matches,
    look,
  ];
}

/**
 * Text as received; characters that hide or reorder others are made visible. The editor is in a shadow root, where
 * its styles are constructed style sheets, because the content policy forbids its style element.
 */
export default function TextView({ text, search, label }: { text: string; search: string; label: string }) {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView | null>(null);
  const found = useMemo(() => findText(text, search), [text, search]);
  const { step, current, count } = useSteps(found);

  useEffect(() => {
    if (!host.current) return;
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: "open" });
    const view = new EditorView({
      root,
      parent: root,
      state: EditorState.create({ doc: text, extensions: extensions(label) }),
    });
    editor.current = view;
    return () => {
      editor.current = null;
      view.destroy();
    };
  }, [text, label]);

  useEffect(() => {
    const shown = { found, length: search.length, current };
    const scroll = current === undefined ? [] : [EditorView.scrollIntoView(current, { y: "center" })];
    editor.current?.dispatch({ effects: [setMatches.of(shown), ...scroll] });
    // A new editor has no matches yet.
  }, [found, search, current, text, label]);

  return (
    <>
      <SearchSteps search={search} count={count} step={step} />
      <div ref={host} className="font-mono" />
    </>
  );
}
