import { HANDLE_PATH } from '../join/paths.ts'

/** As long as a typist pauses before the handle is looked at, in milliseconds. */
const PAUSE = 350

/** After so many milliseconds people are told why it takes long: the directory of identities is slow at times. */
const LONG = 6000

/** Makes the form tell whether the handle is free, and that it is being worked on. It works without all of it. */
export function enhanceSignUp(form: HTMLFormElement): void {
  tellHandle(form)
  tellProgress(form)
}

function tellHandle(form: HTMLFormElement): void {
  const frame = form.querySelector<HTMLElement>('[data-handle]')
  const place = form.querySelector<HTMLElement>('.handle-state')
  const name = form.elements.namedItem('name')
  if (frame === null || place === null || !(name instanceof HTMLInputElement)) return
  let timer: ReturnType<typeof setTimeout> | undefined
  let asking = new AbortController()

  function say(text: string, state: string): void {
    if (place === null) return
    place.textContent = text
    place.className = `handle-state hint handle-state-${state}`
  }

  async function ask(): Promise<void> {
    asking.abort()
    asking = new AbortController()
    const typed = new FormData(form)
    const search = new URLSearchParams({ name: textOf(typed, 'name'), domain: textOf(typed, 'domain') })
    const answer = await fetch(`${HANDLE_PATH}?${search}`, { signal: asking.signal })
    const { state, handle = '' } = (await answer.json()) as { state: string; handle?: string }
    say((frame?.dataset[state] ?? '').replace('%', handle), state)
  }

  frame.addEventListener('input', () => {
    say('', 'unknown')
    clearTimeout(timer)
    asking.abort()
    if (name.value.trim().length < 3) return
    // An answer that does not come changes nothing: the sign-up itself tells.
    timer = setTimeout(() => void ask().catch(() => {}), PAUSE)
  })
  // A form that came back is filled in already; what it says of the handle itself stays.
  if (name.defaultValue !== '' && name.ariaInvalid === null) void ask().catch(() => {})
}

function tellProgress(form: HTMLFormElement): void {
  const button = form.querySelector<HTMLButtonElement>('button[type=submit]')
  const state = form.querySelector<HTMLElement>('.sign-up-state')
  if (button === null || state === null) return
  const label = button.textContent
  let timer: ReturnType<typeof setTimeout> | undefined

  form.addEventListener('submit', (event) => {
    if (button.disabled) {
      event.preventDefault()
      return
    }
    button.disabled = true
    const spinner = document.createElement('span')
    spinner.className = 'spinner'
    button.replaceChildren(spinner, button.dataset['busy'] ?? '')
    timer = setTimeout(() => {
      state.textContent = form.dataset['still'] ?? ''
    }, LONG)
  })
  // Whoever comes back by the browser's own button may try again.
  addEventListener('pageshow', () => {
    clearTimeout(timer)
    button.disabled = false
    button.textContent = label
    state.textContent = ''
  })
}

function textOf(form: FormData, name: string): string {
  const value = form.get(name)
  return typeof value === 'string' ? value : ''
}
