import { number } from '../../format.ts'

export const consolePaging = {
  pages: (of: string) => `Pages: ${of}`,
  page: (page: number) => `Page ${number('en', page)}`,
  previous: 'Previous',
  next: 'Next',
}
