import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Frame } from '../pages.ts'
import type { InLanguages, Language } from '../words/language.ts'

/** What every component may know of the page that it is on. */
export const FrameContext = createContext<Frame>({ language: 'en', hostname: '', origin: '' })

export function useFrame(): Frame {
  return useContext(FrameContext)
}

export function useLanguage(): Language {
  return useFrame().language
}

/** A part of the catalogue in the language of the page. */
export function useWords<W>(words: InLanguages<W>): W {
  return words[useLanguage()]
}
