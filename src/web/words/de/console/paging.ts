import type { ConsolePagingWords } from '../../console/paging.ts'
import { number } from '../../format.ts'

export const consolePaging: ConsolePagingWords = {
  pages: (of) => `Seiten: ${of}`,
  page: (page) => `Seite ${number('de', page)}`,
  previous: 'Zurück',
  next: 'Weiter',
}
