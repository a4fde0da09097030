/** Where Latchkey serves the pictures of its own accounts; the DID follows. */
export const AVATAR_PATH = '/_latchkey/avatar/'

/** Somebody's picture, or their initial. Decoration: the name stands beside it. */
export function Avatar({
  did,
  name,
  hasPicture,
  size = 'small',
}: {
  did: string
  /** Name or handle, for the initial. */
  name: string
  hasPicture: boolean
  size?: 'small' | 'large'
}) {
  const initial = Array.from(name.replace(/^@/, ''))[0]?.toLocaleUpperCase() ?? ''
  return (
    <span class={`avatar avatar-${size}`} aria-hidden="true">
      {initial}
      {hasPicture && <img src={AVATAR_PATH + encodeURIComponent(did)} alt="" loading="lazy" />}
    </span>
  )
}
