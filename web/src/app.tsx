import { QueryClientProvider } from "@tanstack/react-query";
import { lazy } from "react";
import { BrowserRouter, Navigate, Route, Routes } from "react-router";

import { queryClient } from "./api/queries";
import { Layout } from "./shell/layout";

// Each page is a file of its own that is fetched when it is first opened.
const Dashboard = lazy(() => import("./pages/dashboard"));
const Audit = lazy(() => import("./pages/audit"));
const Event = lazy(() => import("./pages/event"));
const Compare = lazy(() => import("./pages/compare"));
const Endpoints = lazy(() => import("./pages/endpoints"));
const Keys = lazy(() => import("./pages/keys"));
const Discovery = lazy(() => import("./pages/discovery"));
const Config = lazy(() => import("./pages/config"));
const About = lazy(() => import("./pages/about"));
const SignIn = lazy(() => import("./pages/sign-in"));
const NotFound = lazy(() => import("./pages/not-found"));

export function App() {
  return (
    <QueryClientProvider client={queryClient}>
      <BrowserRouter basename="/portal">
        <Routes>
          <Route path="/login" element={<SignIn />} />
          <Route element={<Layout />}>
            <Route index element={<Navigate to="/dashboard" replace />} />
            <Route path="/dashboard" element={<Dashboard />} />
            <Route path="/audit" element={<Audit />} />
            <Route path="/audit/:id" element={<Audit />} />
            <Route path="/event" element={<Event />} />
            <Route path="/event/:id" element={<Event />} />
            <Route path="/compare" element={<Compare />} />
            <Route path="/endpoints" element={<Endpoints />} />
            <Route path="/endpoints/:group/:route" element={<Endpoints />} />
            <Route path="/keys" element={<Keys />} />
            <Route path="/discovery" element={<Discovery />} />
            <Route path="/config" element={<Config />} />
            <Route path="/about" element={<About />} />
            <Route path="*" element={<NotFound />} />
          </Route>
        </Routes>
      </BrowserRouter>
    </QueryClientProvider>
  );
}
