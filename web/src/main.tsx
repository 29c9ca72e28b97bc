import "./styles.css";
import "./lib/theme";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { prefetch } from "./api/queries";
import { App } from "./app";

prefetch(location.pathname.replace(/^\/portal/, ""), new URLSearchParams(location.search));

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
