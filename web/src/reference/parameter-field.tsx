import { Tag } from "../ui/text";
import { boundsOf, typeOf, type Parameter } from "./document";
import { typed, valueWarning } from "./form";
import { Prose } from "./prose";

interface Props {
  parameter: Parameter;
  value: string;
  onChange: (value: string) => void;
}

/** A declared parameter: its documentation and the field for its value. */
export function ParameterField({ parameter, value, onChange }: Props) {
  const warning = valueWarning(parameter, value);
  const { schema } = parameter;
  const type = schema.type === "string" && !schema.format ? "" : typeOf(schema);
  const hint = [type, boundsOf(schema)].filter(Boolean).join(", ");
  return (
    <label className="grid grid-cols-1 gap-x-3 gap-y-1 @md:grid-cols-[140px_minmax(0,1fr)]">
      <span className="flex items-start gap-1.5 pt-1">
        <span className="min-w-0 font-mono text-sm break-all">{parameter.name}</span>
        <Tag>{parameter.place}</Tag>
        {parameter.required && <span className="text-sm text-server">required</span>}
      </span>
      <span className="flex min-w-0 flex-col gap-1">
        <Value parameter={parameter} value={value} onChange={onChange} warned={warning !== null} />
        {warning && <span className="text-sm text-client">{warning}</span>}
        <span className="text-sm text-ink-3">
          <Prose text={[parameter.about, hint].filter(Boolean).join(" · ")} />
        </span>
      </span>
    </label>
  );
}

function Value({ parameter, value, onChange, warned }: Props & { warned: boolean }) {
  const { schema } = parameter;
  const choices: unknown[] | undefined = schema.type === "boolean" ? [true, false] : schema.enum;
  if (choices) {
    return (
      <select className="control w-full" value={value} onChange={(event) => onChange(event.target.value)}>
        <option value="">not sent</option>
        {choices.map((choice) => (
          <option key={typed(choice)} value={typed(choice)}>
            {typed(choice)}
          </option>
        ))}
      </select>
    );
  }
  const fallback = typed(schema.default);
  return (
    <input
      className="control w-full font-mono text-sm"
      value={value}
      onChange={(event) => onChange(event.target.value)}
      placeholder={fallback === "" ? `not sent, e.g. ${typed(parameter.example)}` : `not sent, default ${fallback}`}
      aria-invalid={warned || undefined}
      inputMode={schema.type === "integer" ? "numeric" : schema.type === "number" ? "decimal" : undefined}
      autoComplete="off"
      spellCheck={false}
    />
  );
}
