import type { ComponentChildren, JSX } from 'preact'

/** How much a button asks to be pressed: one `primary` a view. */
export type ButtonKind = 'primary' | 'plain' | 'quiet' | 'danger'

interface Look {
  kind?: ButtonKind
  /** As wide as its column, and easy to hit with a thumb. */
  large?: boolean
  children: ComponentChildren
}

/** A button; `submit` where it sends a form. */
export function Button({
  kind = 'plain',
  large = false,
  type = 'button',
  children,
  ...rest
}: Look & Omit<JSX.IntrinsicElements['button'], 'class' | 'size'>) {
  return (
    <button type={type} class={classOf(kind, large)} {...rest}>
      {children}
    </button>
  )
}

/** A link that looks like a button, for going somewhere. */
export function ButtonLink({
  kind = 'plain',
  large = false,
  children,
  ...rest
}: Look & Omit<JSX.IntrinsicElements['a'], 'class'>) {
  return (
    <a class={classOf(kind, large)} {...rest}>
      {children}
    </a>
  )
}

function classOf(kind: ButtonKind, large: boolean): string {
  return `button button-${kind}${large ? ' button-large' : ''}`
}
