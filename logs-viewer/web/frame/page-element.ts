// What every element of the page is: Lit without a shadow tree. So a selection runs through records, the browser's own search
// finds them, labels reach what they name, and the style sheets are files that the policy of the page lets in.
import { LitElement } from 'lit'

export class PageElement extends LitElement {
  protected override createRenderRoot(): HTMLElement {
    return this
  }
}
