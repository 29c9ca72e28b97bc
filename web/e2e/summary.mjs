// A reporter: adds "PASSED FAILED" as a line to the file that E2E_TALLY names. A test that did not run has failed.
import { appendFileSync } from "node:fs";

export default class Summary {
  onBegin(_, suite) {
    this.suite = suite;
  }

  onEnd() {
    const outcomes = this.suite.allTests().map((test) => test.outcome() === "expected" && test.results.length > 0);
    const passed = outcomes.filter(Boolean).length;
    if (process.env.E2E_TALLY) appendFileSync(process.env.E2E_TALLY, `${passed} ${outcomes.length - passed}\n`);
    console.log(`browser: ${passed} passed, ${outcomes.length - passed} failed`);
  }

  printsToStdio() {
    return false;
  }
}
