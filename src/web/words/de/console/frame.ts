import type { ConsoleWords } from '../../console/frame.ts'

export const console: ConsoleWords = {
  console: 'Konsole',
  views: {
    overview: 'Überblick',
    codes: 'Codes',
    accounts: 'Konten',
    tree: 'Wer wen eingeladen hat',
    policy: 'Verdienen',
    log: 'Protokoll',
  },
  password: 'mit dem Passwort angemeldet',
  signOut: 'Abmelden',
  signIn: 'Anmelden',
  signInText: (host) => `Für die Betreiber von ${host}.`,
  noOperator: (handle) =>
    `${handle === null ? 'Das Konto, mit dem du angemeldet bist,' : `@${handle}`} betreibt diesen Server nicht.`,
  toInvites: 'Zu meinen Einladungen',
  becomeOperator:
    'Betreibst du diesen Server? Dann nenne dein Konto in den Einstellungen LATCHKEY_ADMINS oder LATCHKEY_MODERATORS.',
  elsewhere: 'Um mit einem anderen Konto hereinzukommen, melde dich erst ab.',
  breakGlass: 'Mit dem Admin-Passwort',
  breakGlassText: 'Für Notfälle: wenn die Anmeldung mit einem Konto nicht geht. Es gilt eine Stunde.',
  adminPassword: 'Admin-Passwort',
  signInWithPassword: 'Mit dem Passwort anmelden',
  loading: 'Wird geladen …',
  failed: 'Das hat nicht geklappt. Bitte versuche es gleich noch einmal.',
  mayGoOn: 'Es läuft vielleicht noch: Sieh im Protokoll nach, bevor du es noch einmal versuchst.',
  signedOut: 'Du bist nicht mehr angemeldet.',
  notAllowed: 'Das dürfen nur Administratoren.',
  reload: 'Noch einmal versuchen',
  signInAgain: 'Wieder anmelden',
  withoutScripts: 'Die Konsole braucht Skripte. Bitte erlaube JavaScript für diese Seite und lade sie neu.',
  more: 'Mehr',
}
