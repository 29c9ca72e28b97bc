import "./styles.css";
import "./lib/theme";

import { ahead } from "./api/client";
import { firstCalls } from "./api/paths";
import { fetchPage, pageAt } from "./pages";

// Small and without React, so that all that the first page needs is on its way at once: its figures, its file and the
// libraries. Then the page is drawn in one go, with no placeholder in between.
const path = location.pathname.replace(/^\/portal/, "");
for (const call of firstCalls(path, new URLSearchParams(location.search))) ahead(call);
const page = fetchPage(pageAt(path));
void Promise.all([import("./app"), page]).then(([app]) => app.start());
