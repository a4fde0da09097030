/** The brass key. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 28 16" width="28" height="16" aria-hidden="true">
      <g fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round">
        <circle cx="7.5" cy="8" r="5" />
        <path d="M12.5 8h13v4M20 8v3.5" />
      </g>
    </svg>
  )
}
