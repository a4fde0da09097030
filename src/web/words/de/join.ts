import { number, plural } from '../format.ts'
import type { JoinWords } from '../join.ts'

export const join: JoinWords = {
  title: (host) => `Du bist zu ${host} eingeladen`,
  invitedBy: (who) => `${who} lädt dich ein`,
  invitedByNobody: 'Du bist eingeladen',
  preview: (host) =>
    `Dein Weg zu ${host}, einem Zuhause für dein Konto bei Bluesky und jeder anderen App des AT-Protokolls.`,
  about: (host) =>
    `${host} ist ein Zuhause für dein Konto bei Bluesky und jeder anderen App des AT-Protokolls.`,
  left: (count) =>
    plural('de', count, {
      one: 'Diese Einladung gilt für eine Person.',
      other: `Diese Einladung gilt noch für ${number('de', count)} Personen.`,
    }),
  until: (day) => `Sie gilt bis ${day}.`,
  scan: 'Am Telefon weitermachen',
  wayHere: 'Mein Konto hier anlegen',
  wayApp: 'In einer App registrieren',
  wayMove: 'Mit einem Konto umziehen',
  ways: 'Dein Weg hinein',

  handle: 'Wähle deinen Handle',
  handleHint: 'Dein Name im Netz. Buchstaben, Ziffern und Bindestriche.',
  domain: 'Endung',
  handleFree: (handle) => `@${handle} ist wohl noch frei.`,
  handleTaken: (handle) => `@${handle} ist vergeben. Versuche einen anderen.`,
  handleBad: 'Nimm 3 bis 18 Buchstaben, Ziffern und Bindestriche.',
  endingGone: (ending) => `Handles mit der Endung ${ending} gibt es hier nicht. Wähle eine andere Endung.`,
  handleReserved: 'Dieser Handle ist dem Betreiber vorbehalten. Versuche einen anderen.',
  email: 'E-Mail',
  emailHint: 'Damit du wieder hineinkommst, wenn du dein Passwort vergisst.',
  emailTaken: 'Mit dieser E-Mail-Adresse gibt es schon ein Konto.',
  emailBad: 'Diese E-Mail-Adresse wird nicht angenommen. Ist sie richtig geschrieben?',
  password: 'Passwort',
  passwordHint: 'Mindestens 8 Zeichen.',
  passwordShort: 'Dein Passwort braucht mindestens 8 Zeichen.',
  passwordLong: 'Dein Passwort ist zu lang: höchstens 256 Zeichen.',
  passwordAgain: 'Bitte gib dein Passwort noch einmal ein.',
  agreeBoth: [
    'Ich stimme den ',
    'Nutzungsbedingungen',
    ' zu und habe die ',
    'Datenschutzerklärung',
    ' gelesen.',
  ],
  agreeTerms: ['Ich stimme den ', 'Nutzungsbedingungen', ' zu.'],
  agreePrivacy: ['Ich habe die ', 'Datenschutzerklärung', ' gelesen.'],
  consentMissing: 'Bitte kreuze das an, um weiterzukommen.',
  missing: 'Bitte fülle das aus.',
  create: 'Konto anlegen',
  creating: 'Dein Konto wird angelegt…',
  stillCreating:
    'Noch dabei. Deine Identität wird in das öffentliche Verzeichnis geschrieben, das kann eine Minute dauern.',
  codeGone:
    'Diese Einladung hat dich nicht hereingelassen. Vielleicht ist sie für einen anderen Handle gedacht, oder sie wurde gerade aufgebraucht oder ist abgelaufen: frage die Person, die sie geschickt hat.',
  hostFailed:
    'Der Server konnte dein Konto gerade nicht anlegen. Deine Einladung bleibt gültig: versuche es gleich noch einmal.',
  notNow:
    'Gerade kann sich niemand registrieren. Deine Einladung bleibt gültig: versuche es gleich noch einmal.',
  paused: 'Die Registrierung ruht zurzeit. Deine Einladung bleibt gültig: komm später wieder.',
  inProgress: 'Dein Konto wird noch fertiggestellt. Warte einen Moment und melde dich dann an.',
  inProgressTitle: 'Dein Konto wird noch angelegt',
  mayExistTitle: 'Vielleicht gibt es dein Konto schon',
  mayExist:
    'Der Server hat nicht rechtzeitig geantwortet. Versuche dich anzumelden, bevor du dich noch einmal registrierst.',
  pendingElse:
    'Klappt die Anmeldung auch nach einigen Minuten nicht? Dann öffne deine Einladung noch einmal: sie gilt, wenn kein Konto angelegt wurde.',
  pendingLook: 'Nachsehen, was daraus geworden ist',
  signedUpAs: (handle) => `Du hast dich in diesem Browser als @${handle} registriert.`,
  maybeSignedUpAs: (handle) => `Vielleicht hast du dich schon als @${handle} registriert.`,
  signedUpNext: 'So meldest du dich an',
  pendingBack: 'Zurück zur Einladung',
  closedTitle: 'Gerade nicht',
  closed: 'Zurzeit kann sich niemand registrieren. Bitte komm später wieder.',
  pausedTitle: 'Die Registrierung ruht',
  stillGood: 'Deine Einladung bleibt gültig: ihr Link führt dich herein, sobald es weitergeht.',
  migrationsGoOn: 'Mit einem Konto, das du anderswo hast, kannst du trotzdem hierher umziehen.',
  hostLinks: 'Über den Anbieter',
  hostTerms: 'Nutzungsbedingungen',
  hostPrivacy: 'Datenschutzerklärung',
  hostContact: 'Kontakt',
  formUnread: 'Dein Formular ist nicht richtig angekommen. Bitte fülle es noch einmal aus.',
  cookieMissing:
    'Dein Konto ist noch nicht angelegt, weil dein Browser das Cookie dieser Seite nicht zurückgebracht hat: erlaube Cookies, falls sie abgeschaltet sind, und schicke das Formular noch einmal ab.',
  newTab: '(öffnet einen neuen Tab)',
  formWrong: 'Das hat noch nicht geklappt.',
  hostSays: 'Der Server sagt: ',

  appSteps: (host) => [
    'Kopiere deinen Einladungscode.',
    'Öffne die Bluesky-App oder eine andere und lege dort ein Konto an.',
    `Wähle als Anbieter „Benutzerdefiniert“ und gib ${host} ein.`,
    'Füge den Code ein, wo die App danach fragt.',
  ],
  copyCode: 'Code kopieren',
  copyProvider: 'Anbieter kopieren',
  provider: 'Anbieter',
  moveAbout: (host) =>
    `Deine Beiträge, deine Follower und dein Handle können zu ${host} umziehen. Dein alter Anbieter muss dafür erreichbar sein.`,
  moveSteps: (host) => [
    'Kopiere deinen Einladungscode.',
    'Öffne ein Umzugswerkzeug, dem du vertraust, und melde dich dort mit deinem jetzigen Konto an.',
    `Gib als neuen Anbieter ${host} ein, und füge den Code ein, wo danach gefragt wird.`,
    'Bestätige mit dem Code, den dein alter Anbieter dir per E-Mail schickt.',
  ],
  moveGuide: 'Die Anleitung des AT-Protokolls zum Umziehen',

  doneTitle: 'Willkommen! Dein Konto ist bereit',
  doneAbout: (host) => `Du bist jetzt auf ${host} zu Hause. Das bist du, überall im Netz:`,
  yourHandle: 'Dein Handle',
  doneSteps: 'Mit der Bluesky-App anmelden',
  stepOpen: ['Öffne die Bluesky-App oder ', 'bsky.app', ' und wähle „Anmelden“.'],
  stepProvider: 'Wähle als Anbieter „Benutzerdefiniert“ und füge diese Adresse ein.',
  stepHandle: 'Füge deinen Handle als Konto ein und gib das Passwort ein, das du gerade gewählt hast.',
  copyHandle: 'Handle kopieren',
  doneInvites: 'Deine Einladungen',
  doneInvitesAbout: 'Später kannst du auch andere einladen.',

  refusedTitle: 'Diese Einladung öffnet die Tür nicht',
  refused: 'Vielleicht wurde sie schon benutzt, ist abgelaufen, oder ihr Link wurde nur zum Teil kopiert.',
  refusedNext: 'Prüfe den Link, oder bitte die Person, die ihn geschickt hat, um einen neuen.',
  refusedSignedUp: (host) =>
    `Hast du dich gerade damit registriert? Dann melde dich mit deiner App an: wähle als Anbieter „Benutzerdefiniert“ und gib ${host} ein.`,
  waitTitle: 'Bitte warte ein wenig',
  tooMany: 'Aus deinem Netz wurden gerade zu viele Einladungen oder Registrierungen versucht.',
  tooManyYet:
    'Aus deinem Netz wurden gerade zu viele Einladungen oder Registrierungen versucht. Warte ein paar Minuten und schicke das Formular dann noch einmal ab.',
  waitNext: 'Deine Einladung bleibt gültig. Öffne ihren Link in ein paar Minuten noch einmal.',
}
