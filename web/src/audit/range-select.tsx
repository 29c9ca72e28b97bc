import { isRange, RANGE_WORDS, RANGES, type Range } from "../lib/filters";
import { Select } from "../ui/field";

/** Choice of a time range that ends now. `custom`: another range is set. */
export function RangeSelect({
  range,
  custom,
  onChange,
}: {
  range: Range | undefined;
  custom: boolean;
  onChange: (range: Range | undefined) => void;
}) {
  return (
    <Select
      aria-label="Time range"
      value={custom ? "custom" : (range ?? "")}
      onChange={(event) => onChange(isRange(event.target.value) ? event.target.value : undefined)}
      className="flex-1 basis-[104px] sm:w-[116px] sm:flex-none"
    >
      <option value="">All time</option>
      {(Object.keys(RANGES) as Range[]).map((each) => (
        <option key={each} value={each}>
          {RANGE_WORDS[each]}
        </option>
      ))}
      {custom && <option value="custom">Custom range</option>}
    </Select>
  );
}
