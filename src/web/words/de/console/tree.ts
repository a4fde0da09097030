import type { ConsoleTreeWords } from '../../console/tree.ts'
import { number, plural } from '../../format.ts'

const n = (count: number) => number('de', count)

export const consoleTree: ConsoleTreeWords = {
  search: 'Ein Konto im Baum suchen',
  searchHint: 'Der Anfang eines Handles oder eine ganze DID.',
  find: 'Suchen',
  found: 'Gefunden',
  notFound: (query) => `Kein Konto heißt „${query}“.`,
  notFoundNext: 'Versuche es nur mit den ersten Buchstaben des Handles.',
  way: 'Der Weg dorthin',
  all: 'Alle',
  roots: 'Wer über die Betreiber kam, oder über keinen bekannten Code',
  invitedBy: (name) => `Eingeladen von ${name}`,
  children: (count) => `hat ${n(count)} eingeladen`,
  branch: (joined, atLeast) =>
    `${atLeast ? 'mindestens ' : ''}${plural('de', joined, {
      one: '1 im Zweig',
      other: `${n(joined)} im Zweig`,
    })}`,
  active: (count) => `${n(count)} aktiv`,
  takenDown: (count) => `${n(count)} gesperrt`,
  joined: 'dabei seit ',
  goOn: (name) => `Von ${name} aus weiter`,
  moreOf: (name) => (name === null ? 'Mehr' : `Mehr von denen, die ${name} eingeladen hat`),
  loadingOf: (name) => `Wen ${name} eingeladen hat, wird geladen`,
  nobody: (name) => `${name} hat noch niemanden eingeladen.`,
  nobodyNext: 'Den ganzen Baum zeigen',
  empty: 'Noch ist hier kein Konto bekannt.',
  emptyNext: 'Einen Code für das erste anlegen',
  gone: 'Dieses Konto ist hier nicht bekannt.',
}
