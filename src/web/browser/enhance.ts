/** How long a button says that it has copied, in milliseconds. */
const SAYS_COPIED = 2000

/** Folded buttons, of `kit/menu.tsx`. */
const MENU = 'details.menu'

/**
 * Brings to life what pages show to browsers that run scripts: buttons that copy, and those that open dialogs. Works for
 * what is drawn later as well.
 */
export function enhance(): void {
  document.documentElement.classList.add('scripted')
  document.addEventListener('click', (event) => {
    const target = event.target instanceof Element ? event.target : undefined
    const copying = target?.closest<HTMLElement>('[data-copy]')
    if (copying) void copy(copying)
    for (const menu of document.querySelectorAll<HTMLDetailsElement>(`${MENU}[open]`))
      if (target === undefined || !menu.contains(target)) menu.open = false
    const opening = target?.closest<HTMLElement>('[data-opens]')?.dataset['opens']
    const menu = target?.closest<HTMLDetailsElement>(MENU)
    // Whoever closes the dialog finds themselves where the menu is.
    if (opening !== undefined && menu) closeMenu(menu)
    const dialog = opening === undefined ? null : document.getElementById(opening)
    if (dialog instanceof HTMLDialogElement) dialog.showModal()
  })
  document.addEventListener('keydown', ({ key }) => {
    const menu = document.querySelector<HTMLDetailsElement>(`${MENU}[open]`)
    if (key === 'Escape' && menu !== null) closeMenu(menu)
  })
  // Where a picture is none that can be shown, there is the initial.
  document.addEventListener('error', ({ target }) => hideBroken(target), { capture: true })
  for (const image of document.images) if (image.complete && image.naturalWidth === 0) hideBroken(image)
}

function closeMenu(menu: HTMLDetailsElement): void {
  menu.open = false
  menu.querySelector('summary')?.focus()
}

function hideBroken(target: EventTarget | null): void {
  if (target instanceof HTMLImageElement && target.closest('.avatar') !== null) target.hidden = true
}

async function copy(button: HTMLElement): Promise<void> {
  const { copy: text = '', copied = '' } = button.dataset
  const label = button.querySelector<HTMLElement>('[data-copy-label]')
  await navigator.clipboard.writeText(text)
  if (label === null || label.dataset['before'] !== undefined) return
  label.dataset['before'] = label.textContent
  label.textContent = copied
  announce(copied)
  setTimeout(() => {
    label.textContent = label.dataset['before'] ?? ''
    delete label.dataset['before']
  }, SAYS_COPIED)
}

/** Says something to screen readers. */
export function announce(text: string): void {
  let region = document.getElementById('announcements')
  if (region === null) {
    region = document.createElement('div')
    region.id = 'announcements'
    region.className = 'unseen'
    region.setAttribute('role', 'status')
    document.body.append(region)
  }
  region.textContent = ''
  region.textContent = text
}
