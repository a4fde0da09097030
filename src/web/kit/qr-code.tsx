import { encode } from 'uqr'
import { kitWords } from '../words/kit.ts'
import { useWords } from './locale.tsx'

/** A QR code, dark on light in both themes, since many cameras read no other. */
export function QrCode({ text }: { text: string }) {
  const words = useWords(kitWords)
  const { data, size } = encode(text, { ecc: 'M', border: 3 })
  const path = data.map(lineOf).join('')
  return (
    <svg
      class="qr"
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label={words.qrOf(text)}
      shape-rendering="crispEdges"
    >
      <path class="qr-dark" d={path} />
    </svg>
  )
}

/** One line of the code, each of its dark stretches as one piece. */
function lineOf(row: readonly boolean[], y: number): string {
  const cells = row.map((dark) => (dark ? '1' : '0')).join('')
  return Array.from(
    cells.matchAll(/1+/g),
    ({ 0: { length }, index }) => `M${index} ${y}h${length}v1h-${length}z`,
  ).join('')
}
