import type { KitWords } from '../kit.ts'

export const kit: KitWords = {
  skip: 'Zum Inhalt springen',
  copy: 'Kopieren',
  copied: 'Kopiert',
  close: 'Schließen',
  inviteCode: 'Einladungscode',
  qrOf: (link) => `QR-Code von ${link}`,
  notFoundTitle: 'Hier ist nichts',
  notFound: 'Unter dieser Adresse gibt es keine Seite.',
  notFoundNext: (host) => `Zu ${host}`,
  brokenTitle: 'Das hat nicht geklappt',
  broken: 'Bei uns ist etwas schiefgegangen. Bitte versuche es gleich noch einmal.',
  tryAgain: 'Noch einmal versuchen',
}
