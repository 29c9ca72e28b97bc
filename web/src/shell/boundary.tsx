import { Component, type ReactNode } from "react";

import { ErrorState } from "../ui/states";

/** Keeps a page that failed from taking the rest with it. Starts anew when `place` changes. */
export class Boundary extends Component<{ place: string; children: ReactNode }, { error: unknown; place: string }> {
  override state = { error: null as unknown, place: this.props.place };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  static getDerivedStateFromProps(props: { place: string }, state: { place: string }) {
    return props.place === state.place ? null : { error: null, place: props.place };
  }

  override render() {
    if (!this.state.error) return this.props.children;
    // A page's file of an older build is gone after an update: loading the page again fetches the new one.
    const stale = /dynamically imported module|module script/i.test(
      this.state.error instanceof Error ? this.state.error.message : "",
    );
    return (
      <ErrorState
        title={stale ? "The portal was updated" : "This page failed"}
        error={this.state.error}
        retry={() => (stale ? location.reload() : this.setState({ error: null }))}
      />
    );
  }
}
