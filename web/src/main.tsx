import "./styles.css";
import "./lib/theme";

import { prepare } from "./routes";

// Small and without React, so that all that the first page needs is on its way at once: its figures, its file and the
// libraries. Then the page is drawn in one go, with no placeholder in between.
prepare(location.pathname.replace(/^\/portal/, "") + location.search);
import("./app").then(
  (app) => app.start(),
  () => {
    const note = document.querySelector("#root .boot span");
    if (note) note.textContent = "The portal could not be loaded. Reload this page.";
  },
);
