import { Send, X } from "lucide-react";
import { useMemo, useState, type ReactNode, type SyntheticEvent } from "react";

import { toCurl } from "../lib/copy";
import { readStored, writeStored } from "../lib/store";
import { Button } from "../ui/button";
import { CodeLine } from "../ui/copy";
import { Field } from "../ui/field";
import { SegmentedControl } from "../ui/segmented-control";
import { Answer } from "./answer";
import type { Operation } from "./document";
import { asRecorded, emptyForm, fieldKey, readForm, withContentType, type CallForm, type Shown } from "./form";
import { ParameterField } from "./parameter-field";
import type { Sender } from "./send";
import { useExchange, type Exchange } from "./use-exchange";

/** Transport, as shown to the user. */
export interface Transport {
  name: string;
  label: string;
  hint: string;
  sender: Sender;
  /** Credential for the equivalent command. */
  credential: Shown;
  /** Fields of this transport. */
  fields?: ReactNode;
  /** Links beside the response. */
  aside: (exchange: Exchange) => ReactNode;
}

const CONTENT_TYPES = [
  "application/json",
  "text/plain",
  "application/x-www-form-urlencoded",
  "application/xml",
  "application/octet-stream",
];

/** Input is kept per tab, because sign-in at a provider leaves the page. */
function useDraft(operation: Operation): [CallForm, (form: CallForm) => void] {
  const key = `api-test.try.${operation.group}.${operation.id}`;
  const [form, setForm] = useState<CallForm>(() => {
    try {
      const kept = JSON.parse(readStored("session", key) ?? "null") as Partial<CallForm> | null;
      return { ...emptyForm(operation), ...kept };
    } catch {
      return emptyForm(operation);
    }
  });
  const change = (next: CallForm) => {
    writeStored("session", key, JSON.stringify(next));
    setForm(next);
  };
  return [form, change];
}

interface Props {
  operation: Operation;
  /** Transports, the default first. */
  transports: Transport[];
  baseUrl: string;
  /** Documentation below the response. */
  children: ReactNode;
}

const TRANSPORT = "api-test.try-transport";

/** Form and command line of an operation, with the response beside them. */
export function TryIt({ operation, transports, baseUrl, children }: Props) {
  const [form, setForm] = useDraft(operation);
  const [chosen, setChosen] = useState(() => readStored("session", TRANSPORT));
  const [asked, setAsked] = useState(false);
  const { exchange, start, cancel } = useExchange();
  const transport = transports.find((each) => each.name === chosen) ?? transports[0]!;
  const { call, problems } = useMemo(() => readForm(operation, form), [operation, form]);
  const blocked = call ? transport.sender.problems(call) : problems;
  const note = call && transport.sender.note(call);
  const curl = useMemo(
    () => (call ? toCurl(asRecorded(call, transport.credential), baseUrl) : null),
    [call, transport.credential, baseUrl],
  );
  const set = (more: Partial<CallForm>) => setForm({ ...form, ...more });
  const running = exchange?.phase === "waiting" || exchange?.phase === "receiving";

  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    setAsked(true);
    if (call && blocked.length === 0) start(transport.sender, call);
  };

  return (
    <div className="grid items-start gap-3 @4xl:grid-cols-2">
      <form onSubmit={submit} className="card @container flex flex-col gap-3 p-3" aria-label="Request" noValidate>
        {transports.length > 1 && (
          <div className="flex flex-col items-start gap-1">
            <SegmentedControl
              label="Send"
              value={transport.name}
              options={transports.map((each) => [each.name, each.label] as const)}
              onChange={(name) => {
                writeStored("session", TRANSPORT, name);
                setChosen(name);
              }}
            />
            <p className="text-sm text-ink-3">{transport.hint}</p>
          </div>
        )}
        {transport.fields}
        {operation.parameters.map((parameter) => (
          <ParameterField
            key={fieldKey(parameter)}
            parameter={parameter}
            value={form.values[fieldKey(parameter)] ?? ""}
            onChange={(value) => set({ values: { ...form.values, [fieldKey(parameter)]: value } })}
          />
        ))}
        {operation.parameters.length === 0 && <p className="text-ink-3">No parameters</p>}
        {operation.body && <BodyFields operation={operation} form={form} onChange={setForm} />}
        <details open={form.headers !== "" || form.query !== "" || undefined}>
          <summary className="w-fit text-ink-2">More headers and query parameters</summary>
          <div className="grid gap-3 pt-2 @md:grid-cols-2">
            <Field label="Headers, one a line">
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
        {blocked.length > 0 && (
          <ul role={asked ? "alert" : undefined} className="rounded bg-client-soft px-2 py-1 text-client">
            {blocked.map((problem) => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
        )}
        {note && <p className="text-sm text-ink-2">{note}</p>}
        <div className="flex flex-wrap items-center gap-2">
          <Button type="submit" kind="primary" busy={running} icon={<Send size={14} aria-hidden />}>
            {running ? "Sending…" : "Send"}
          </Button>
          {running && (
            <Button onClick={cancel} icon={<X size={14} aria-hidden />}>
              Cancel
            </Button>
          )}
          <Button onClick={() => setForm(emptyForm(operation))}>Reset</Button>
        </div>
        {curl !== null && <CodeLine label="curl command of this request" code={curl} />}
      </form>
      <div className="flex min-w-0 flex-col gap-3">
        {exchange && <Answer exchange={exchange} aside={transport.aside(exchange)} />}
        {children}
      </div>
    </div>
  );
}

function BodyFields({
  operation,
  form,
  onChange,
}: {
  operation: Operation;
  form: CallForm;
  onChange: (form: CallForm) => void;
}) {
  const declared = operation.body?.media.map((media) => media.type) ?? [];
  return (
    <>
      <Field label="Content-Type of the body">
        <input
          className="control font-mono text-sm"
          value={form.contentType}
          onChange={(event) => onChange(withContentType(operation, form, event.target.value))}
          list="content-types"
          spellCheck={false}
        />
      </Field>
      <datalist id="content-types">
        {[...new Set([...declared, ...CONTENT_TYPES])].map((type) => (
          <option key={type} value={type} />
        ))}
      </datalist>
      <Field label="Body">
        <textarea
          className="control min-h-28 font-mono text-sm"
          value={form.body}
          onChange={(event) => onChange({ ...form, body: event.target.value })}
          spellCheck={false}
        />
      </Field>
    </>
  );
}
