import "./styles.css";
import "./lib/theme";

import { prepare } from "./routes";

// Small and without React, so that all resources of the first page are requested at once: its figures, its file and the
// libraries. Then the page is rendered in one go, without a placeholder.
prepare(location.pathname.replace(/^\/portal/, "") + location.search);
import("./app").then(
  (app) => app.start(),
  () => {
    const note = document.querySelector("#root .boot span");
    if (note) note.textContent = "The portal could not be loaded. Reload this page.";
  },
);
