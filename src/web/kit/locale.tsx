import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Frame } from '../pages.ts'
import type { InLanguages, Language } from '../words/language.ts'

/** What every component may know of the page that it is on. */
export const FrameContext = createContext<Frame>({ language: 'en', hostname: '', origin: '' })

export function useFrame(): Frame {
  return useContext(FrameContext)
}

/** What people type into an app as their hosting provider: the name of the host, and its port where that is no usual one. */
export function useProvider(): string {
  return new URL(useFrame().origin).host
}

export function useLanguage(): Language {
  return useFrame().language
}

/** A part of the catalogue in the language of the page. */
export function useWords<W>(words: InLanguages<W>): W {
  return words[useLanguage()]
}
