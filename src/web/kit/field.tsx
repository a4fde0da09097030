import type { ComponentChildren, JSX } from 'preact'

interface FieldProps {
  /** The name under which it is sent, and its id. */
  name: string
  label: string
  hint?: string | undefined
  error?: ComponentChildren
}

/** An input with its label, its hint and its error, tied together for those who can't see that they are. */
export function Field({
  name,
  label,
  hint,
  error,
  end,
  ...input
}: FieldProps & {
  /** What stands in the input's box behind it. */
  end?: ComponentChildren
} & Omit<JSX.IntrinsicElements['input'], 'class' | 'id' | 'name' | 'label'>) {
  return (
    <Framed name={name} label={label} hint={hint} error={error}>
      <div class="box">
        <input id={name} name={name} {...described(name, hint, error)} {...input} />
        {end}
      </div>
    </Framed>
  )
}

/** A choice of few. */
export function SelectField({
  name,
  label,
  hint,
  error,
  children,
  ...select
}: FieldProps & Omit<JSX.IntrinsicElements['select'], 'class' | 'id' | 'name' | 'label'>) {
  return (
    <Framed name={name} label={label} hint={hint} error={error}>
      <div class="box">
        <select id={name} name={name} {...described(name, hint, error)} {...select}>
          {children}
        </select>
      </div>
    </Framed>
  )
}

/** A box to tick. The label may hold links. */
export function CheckField({
  name,
  error,
  children,
  ...input
}: Pick<FieldProps, 'name' | 'error'> & { children: ComponentChildren } & Omit<
    JSX.IntrinsicElements['input'],
    'class' | 'id' | 'name' | 'type' | 'label'
  >) {
  return (
    <div class="field">
      <div class="check">
        <input type="checkbox" id={name} name={name} {...described(name, undefined, error)} {...input} />
        <label for={name}>{children}</label>
      </div>
      <FieldError name={name} error={error} />
    </div>
  )
}

function Framed({ name, label, hint, error, children }: FieldProps & { children: ComponentChildren }) {
  return (
    <div class="field">
      <label for={name}>{label}</label>
      {children}
      {hint !== undefined && (
        <p class="hint" id={`${name}-hint`}>
          {hint}
        </p>
      )}
      <FieldError name={name} error={error} />
    </div>
  )
}

function FieldError({ name, error }: Pick<FieldProps, 'name' | 'error'>) {
  if (error === undefined) return null
  return (
    <p class="field-error" id={`${name}-error`}>
      {error}
    </p>
  )
}

function described(name: string, hint: string | undefined, error: ComponentChildren) {
  const by = [hint !== undefined && `${name}-hint`, error !== undefined && `${name}-error`].filter(Boolean)
  return {
    ...(by.length > 0 && { 'aria-describedby': by.join(' ') }),
    ...(error !== undefined && { 'aria-invalid': 'true' as const }),
  }
}
