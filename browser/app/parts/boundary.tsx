/** Where a screen that fails ends: the rest of the app stands, and there is a way on. */

import { Component, type ComponentChildren } from "preact";

import { go } from "../router.ts";
import { say } from "../words/index.ts";

interface Props {
  readonly children: ComponentChildren;
  /** Another one is another screen, which is tried anew. */
  readonly of: string;
}

export class Boundary extends Component<Props, { readonly failed: string | null }> {
  override state = { failed: null };

  override componentDidCatch(error: unknown): void {
    console.error(error);
    this.setState({ failed: this.props.of });
  }

  override render() {
    if (this.state.failed !== this.props.of) return this.props.children;
    return (
      <div class="screen narrow">
        <section class="card" role="alert">
          <h1>{say("boundary.title")}</h1>
          <p>{say("boundary.body")}</p>
          <div class="ways">
            <button type="button" class="button main" onClick={() => location.reload()}>
              {say("boundary.reload")}
            </button>
            <button type="button" class="button quiet" onClick={() => go("/")}>
              {say("boundary.home")}
            </button>
          </div>
        </section>
      </div>
    );
  }
}
