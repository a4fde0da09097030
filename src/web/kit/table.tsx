import type { ComponentChildren } from 'preact'

/** One column: its heading, and what stands in it. */
export interface Column<R> {
  readonly key: string
  readonly heading: string
  /** Figures stand at the end of their column. */
  readonly numeric?: boolean
  readonly cell: (row: R) => ComponentChildren
}

/** A table; where it is wider than the screen, it alone is moved sideways. */
export function Table<R>({
  caption,
  columns,
  rows,
  keyOf,
}: {
  /** What it lists, for those who can't see it. */
  caption: string
  columns: readonly Column<R>[]
  rows: readonly R[]
  keyOf: (row: R) => string
}) {
  return (
    <div class="table-frame" role="region" aria-label={caption} tabIndex={0}>
      <table class="table">
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ key, heading, numeric }) => (
              <th key={key} scope="col" class={numeric === true ? 'numeric' : undefined}>
                {heading}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ key, heading, numeric, cell }) => (
                <td key={key} class={numeric === true ? 'numeric' : undefined} data-heading={heading}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
