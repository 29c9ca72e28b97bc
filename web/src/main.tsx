import "./styles.css";
import "./lib/theme";

import { prefetch } from "./api/options";
import { fetchPage, pageAt } from "./pages";

// Small and without React, so that all resources of the first page are requested at once: its figures, its file and the
// libraries. Then the page is rendered in one go, without a placeholder.
const path = location.pathname.replace(/^\/portal/, "");
prefetch(path, new URLSearchParams(location.search));
const page = fetchPage(pageAt(path));
void Promise.all([import("./app"), page]).then(([app]) => app.start());
