import type { ConsolePeopleWords } from '../../console/people.ts'

export const consolePeople: ConsolePeopleWords = {
  standing: {
    deactivated: 'deaktiviert',
    takendown: 'gesperrt',
    suspended: 'ausgesetzt',
    deleted: 'gelöscht',
  },
}
