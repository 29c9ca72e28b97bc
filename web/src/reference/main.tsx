import "../styles.css";
import "../lib/theme";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { Standalone } from "./standalone";

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <Standalone />
  </StrictMode>,
);
