import { invitesPage } from '../invites/invites-page.tsx'
import { takeOver } from './hydrate.tsx'

takeOver(invitesPage)
