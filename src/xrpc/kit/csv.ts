/**
 * One line of comma-separated values by RFC 4180. A text that a spreadsheet would take for a formula gets an apostrophe
 * before it: notes and handles come from many.
 */
export function csvLine(values: readonly (string | number)[]): string {
  return `${values.map((value) => (typeof value === 'number' ? String(value) : field(value))).join(',')}\r\n`
}

function field(text: string): string {
  const safe = /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
