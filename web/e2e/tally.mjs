// A reporter for node's test runner: adds up what passed and what failed, as the line "PASSED FAILED" at the end.
export default async function* tally(source) {
  let passed = 0;
  let failed = 0;
  for await (const { type, data } of source) {
    if (data?.details?.type === "suite") continue;
    if (type === "test:pass") passed += 1;
    else if (type === "test:fail") failed += 1;
  }
  yield `${passed} ${failed}\n`;
}
