import "./styles.css";
import "./lib/theme";

import { prefetch } from "./api/options";
import { fetchPage, pageAt } from "./pages";

// Small and without React, so that all that the first page needs is on its way at once: its figures, its file and the
// libraries. Then the page is drawn in one go, with no placeholder in between.
const path = location.pathname.replace(/^\/portal/, "");
prefetch(path, new URLSearchParams(location.search));
const page = fetchPage(pageAt(path));
void Promise.all([import("./app"), page]).then(([app]) => app.start());
