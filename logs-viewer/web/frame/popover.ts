// A button with something that opens under it. Opening, closing with Escape or a click beside it, and giving the focus back are the
// browser's own popover; only where it opens is ours.
import { html, type TemplateResult } from 'lit'

/** Away from the window's edge, in pixels. */
const EDGE = 8

export function popover(
  id: string,
  label: unknown,
  content: unknown,
  onToggle?: (isOpen: boolean) => unknown,
): TemplateResult {
  const toggled = (event: ToggleEvent) => {
    if (event.newState === 'open') place(event.currentTarget as HTMLElement, id)
    onToggle?.(event.newState === 'open')
  }
  return html`<button type="button" class="opener" popovertarget=${id}>${label}</button>
    <div class="popover" id=${id} popover @beforetoggle=${toggled}>${content}</div>`
}

/** For a key: as if its button had been pressed. */
export function openPopover(id: string): void {
  const box = document.getElementById(id)
  if (box === null) return
  box.togglePopover()
  box.querySelector<HTMLElement>('a, input, button')?.focus()
}

function place(box: HTMLElement, id: string): void {
  const opener = document.querySelector(`[popovertarget="${id}"]`)
  if (opener === null) return
  const { left, right, bottom } = opener.getBoundingClientRect()
  const isLeft = left < innerWidth / 2
  box.style.top = `${bottom + 4}px`
  box.style.left = isLeft ? `${Math.max(EDGE, left)}px` : 'auto'
  box.style.right = isLeft ? 'auto' : `${Math.max(EDGE, innerWidth - right)}px`
  box.style.maxHeight = `${innerHeight - bottom - 4 - EDGE}px`
}
