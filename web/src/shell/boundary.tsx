import { Component, type ReactNode } from "react";

import { ErrorState } from "../ui/states";

/** Error boundary of a page. It resets when `place` changes. */
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
    // After an update, the page's old file is gone: reloading fetches the new one.
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
