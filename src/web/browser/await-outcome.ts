/** How often it is looked whether the outcome is known, in milliseconds. */
const AGAIN = 3000

/** So often at most: after ten minutes the page itself says what to do. */
const TIMES = 200

/**
 * Lets the page after a sign-up of which nobody knew yet how it went become the one that tells it.
 *
 * @param place where that is told; as long as nobody knows, the same page is there
 */
export async function awaitOutcome(place: string): Promise<void> {
  for (let time = 0; time < TIMES; time += 1) {
    await new Promise((resolve) => setTimeout(resolve, AGAIN))
    // What does not answer now may answer the next time.
    const answer = await fetch(place, { redirect: 'manual' }).catch(() => undefined)
    // A browser that keeps no cookies is led back to the invite, and would be taken for a guesser there.
    if (answer?.type === 'opaqueredirect') return
    if (answer?.ok !== true) continue
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
    if (page.querySelector('[data-awaits]') !== null) continue
    location.replace(place)
    return
  }
}
