import { ArrowLeft, Send } from "lucide-react";
import { useEffect, useMemo, useState, type SyntheticEvent } from "react";
import { Link } from "react-router";

import { call, keyHeader, PORTAL } from "../api/client";
import { useServer } from "../api/queries";
import type { CatalogueParam, CatalogueRoute, TryItAnswer } from "../api/types";
import { BodyView } from "../event/body-view";
import { Section, Values } from "../event/message";
import { headerOf } from "../event/replay";
import { decodeBody } from "../lib/body";
import { toCurl } from "../lib/copy";
import { auditLink } from "../lib/filters";
import { formatDuration } from "../lib/format";
import { readStored, writeStored } from "../lib/store";
import {
  asRecorded,
  bounds,
  buildRequest,
  checkValue,
  emptyForm,
  fieldKey,
  targetOf,
  typed,
  type TryItForm,
} from "../lib/tryit";
import { Button, CodeLine, Field, StatusTag, Tag } from "../ui/basics";
import { ErrorState } from "../ui/states";

/** What was typed is kept for the tab: sign-in at a provider leaves the page. */
function useDraft(route: CatalogueRoute): [TryItForm, (form: TryItForm) => void] {
  const key = `api-test.try.${route.group}.${route.name}`;
  const [form, setForm] = useState<TryItForm>(() => {
    try {
      const kept = JSON.parse(readStored("session", key) ?? "null") as TryItForm | null;
      return kept ? { ...emptyForm(route), ...kept } : emptyForm(route);
    } catch {
      return emptyForm(route);
    }
  });
  useEffect(() => writeStored("session", key, JSON.stringify(form)), [key, form]);
  return [form, setForm];
}

export function TryIt({ route }: { route: CatalogueRoute }) {
  const server = useServer();
  const [form, setForm] = useDraft(route);
  const [state, setState] = useState<{ busy: boolean; answer: TryItAnswer | null; error: unknown; took: number }>({
    busy: false,
    answer: null,
    error: null,
    took: 0,
  });
  const request = useMemo(() => buildRequest(route, form), [route, form]);
  const base = server.data?.base_url ?? location.origin;
  const curl = useMemo(() => toCurl(asRecorded(route, request, keyHeader()), base), [route, request, base]);
  const set = (more: Partial<TryItForm>) => setForm({ ...form, ...more });

  const send = (event: SyntheticEvent) => {
    event.preventDefault();
    setState({ ...state, busy: true, error: null });
    const begun = performance.now();
    call<TryItAnswer>(`${PORTAL}/tryit/${encodeURIComponent(route.group)}/${encodeURIComponent(route.name)}`, {
      method: "POST",
      body: request,
    })
      .then((answer) => setState({ busy: false, answer, error: null, took: performance.now() - begun }))
      .catch((error: unknown) => setState({ busy: false, answer: null, error, took: 0 }));
  };

  return (
    <div className="@container flex flex-col gap-3 p-3 sm:p-4">
      <header className="flex flex-col gap-1">
        <Link to="/endpoints" className="link flex items-center gap-1 md:hidden">
          <ArrowLeft size={14} aria-hidden /> All endpoints
        </Link>
        <h2 className="flex flex-wrap items-center gap-2 text-lg">
          <span className="font-mono font-semibold">{route.method}</span>
          <span className="min-w-0 font-mono break-all">{route.path}</span>
        </h2>
        <p className="text-ink-2">{route.about}</p>
        <p className="flex flex-wrap gap-x-4 text-ink-3">
          <span>
            Route <code className="font-mono text-sm">{route.name}</code> in {route.group}
          </span>
          <Link className="link" to={auditLink({ route_name: route.name })}>
            Its requests
          </Link>
          <Link className="link" to={`/discovery?op=${encodeURIComponent(route.name)}`}>
            Its description
          </Link>
        </p>
      </header>
      <div className="grid items-start gap-3 @4xl:grid-cols-2">
        <form onSubmit={send} className="card flex flex-col gap-3 p-3" aria-label="Request" noValidate>
          {route.params.map((param) => (
            <ParamField
              key={fieldKey(param)}
              param={param}
              value={form.values[fieldKey(param)] ?? ""}
              onChange={(value) => set({ values: { ...form.values, [fieldKey(param)]: value } })}
            />
          ))}
          {route.params.length === 0 && <p className="text-ink-3">It declares no parameters.</p>}
          {route.takes_body && (
            <>
              <Field label="Body">
                <textarea
                  className="control min-h-28 font-mono text-sm"
                  value={form.body}
                  onChange={(event) => set({ body: event.target.value })}
                  spellCheck={false}
                  placeholder={'{"hello": "world"}'}
                />
              </Field>
              <Field label="Content-Type of the body">
                <input
                  className="control"
                  value={form.contentType}
                  onChange={(event) => set({ contentType: event.target.value })}
                  list="content-types"
                  spellCheck={false}
                />
              </Field>
              <datalist id="content-types">
                {[
                  "application/json",
                  "text/plain",
                  "application/x-www-form-urlencoded",
                  "application/xml",
                  "application/octet-stream",
                ].map((type) => (
                  <option key={type} value={type} />
                ))}
              </datalist>
            </>
          )}
          <details open={form.headers !== "" || form.query !== ""}>
            <summary className="w-fit text-ink-2">More headers and query parameters</summary>
            <div className="grid gap-3 pt-2 @md:grid-cols-2">
              <Field label="Headers, one a line" hint="Cookie and Authorization are not passed on.">
                <textarea
                  className="control min-h-16 font-mono text-sm"
                  value={form.headers}
                  onChange={(event) => set({ headers: event.target.value })}
                  placeholder="X-Demo: a"
                  spellCheck={false}
                />
              </Field>
              <Field label="Query, one a line">
                <textarea
                  className="control min-h-16 font-mono text-sm"
                  value={form.query}
                  onChange={(event) => set({ query: event.target.value })}
                  placeholder="tag=a"
                  spellCheck={false}
                />
              </Field>
            </div>
          </details>
          <div className="flex flex-wrap items-center gap-2">
            <Button type="submit" kind="primary" busy={state.busy} icon={<Send size={14} aria-hidden />}>
              {state.busy ? "Sending…" : "Send"}
            </Button>
            <Button onClick={() => setForm(emptyForm(route))}>Reset</Button>
            <span className="min-w-0 flex-1 truncate font-mono text-sm text-ink-3" title={targetOf(route, request)}>
              {targetOf(route, request)}
            </span>
          </div>
          <CodeLine label="curl line of this request" code={curl} />
        </form>
        <div className="flex min-w-0 flex-col gap-3" aria-live="polite">
          {state.error ? (
            <div className="card">
              <ErrorState error={state.error} title="Not sent" compact />
            </div>
          ) : state.answer ? (
            <Answer answer={state.answer} took={state.took} />
          ) : (
            <Expected route={route} />
          )}
        </div>
      </div>
    </div>
  );
}

function ParamField({
  param,
  value,
  onChange,
}: {
  param: CatalogueParam;
  value: string;
  onChange: (value: string) => void;
}) {
  const wrong = checkValue(param, value);
  const hint = [param.about.replaceAll("`", ""), bounds(param)].filter(Boolean).join(" · ");
  return (
    <label className="grid grid-cols-1 gap-x-3 gap-y-1 @md:grid-cols-[140px_minmax(0,1fr)]">
      <span className="flex items-start gap-1.5 pt-1">
        <span className="min-w-0 font-mono text-sm break-all">{param.name}</span>
        <Tag>{param.place}</Tag>
        {param.required && (
          <span className="text-server" title="A value is needed">
            *
          </span>
        )}
      </span>
      <span className="flex min-w-0 flex-col gap-1">
        <input
          className="control w-full"
          value={value}
          onChange={(event) => onChange(event.target.value)}
          placeholder={
            param.default !== undefined && param.default !== "" ? typed(param.default) : typed(param.example)
          }
          aria-invalid={wrong !== null && value !== "" ? true : undefined}
          inputMode={param.type === "integer" ? "numeric" : param.type === "number" ? "decimal" : undefined}
          spellCheck={false}
        />
        <span className={wrong && value !== "" ? "text-sm text-client" : "text-sm text-ink-3"}>
          {wrong && value !== "" ? wrong : hint}
        </span>
      </span>
    </label>
  );
}

function Answer({ answer, took }: { answer: TryItAnswer; took: number }) {
  const body = useMemo(
    () => decodeBody(answer.body, answer.body_encoding, headerOf(answer.headers, "content-type") ?? ""),
    [answer],
  );
  const requestId = headerOf(answer.headers, "x-request-id");
  const link = answer.event_id
    ? auditLink({}, answer.event_id)
    : requestId
      ? auditLink({ request_id: requestId })
      : null;
  return (
    <>
      <Section
        title={
          <span className="flex items-center gap-2">
            Answer <StatusTag status={answer.status} />
            <span className="font-normal text-ink-3" title="Until this page had it">
              {formatDuration(took)}
            </span>
          </span>
        }
        aside={
          link && (
            <Link className="link" to={link}>
              Its audit event
            </Link>
          )
        }
      >
        <p className="border-b border-line px-3 py-1 font-mono text-sm break-all text-ink-2">
          {answer.method} {answer.dispatched_to}
        </p>
        <BodyView
          body={body}
          size={body.bytes.length}
          truncated={answer.body_truncated}
          search=""
          label="response body"
        />
      </Section>
      <Section title="Headers">
        <Values map={answer.headers} search="" label="response headers" none="No headers" />
      </Section>
    </>
  );
}

/** What the endpoint is documented to answer. */
function Expected({ route }: { route: CatalogueRoute }) {
  const first = route.answers.find((answer) => answer.example !== undefined && answer.example !== null);
  return (
    <Section title="Documented answers" aside="press Send for a real one">
      <dl className="kv px-3 py-2">
        {route.answers.map((answer) => (
          <div key={`${answer.status}${answer.media_type ?? ""}`} className="contents">
            <dt className="font-mono text-sm">{answer.status}</dt>
            <dd className="text-ink-2">
              {answer.about}{" "}
              {answer.media_type && <span className="font-mono text-sm text-ink-3">{answer.media_type}</span>}
            </dd>
          </div>
        ))}
      </dl>
      {first && (
        <pre
          className="max-h-72 overflow-auto border-t border-line px-3 py-2 font-mono text-sm whitespace-pre-wrap"
          tabIndex={0}
          role="group"
          aria-label="Example"
        >
          {typeof first.example === "string" ? first.example : JSON.stringify(first.example, null, 2)}
        </pre>
      )}
    </Section>
  );
}
