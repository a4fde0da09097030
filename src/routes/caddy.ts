import { DOWN_OAUTH, DOWN_RETRY_AFTER, DOWN_XRPC, LINK_PATH, OWN_TARGET, PLAIN_TARGET } from './own.ts'
import type { Installation, Snippet } from './snippet.ts'

/**
 * The routes mode for Caddy, 2.6 and later. `handle` goes before the site's own `reverse_proxy`, which stays as it is.
 */
export function caddySnippet({ hostname, latchkey, pds }: Installation): Snippet {
  return {
    // An empty file could not be imported.
    global: '# Caddy needs nothing outside of the site.\n',
    site: `	# Into the block of "*.${hostname}, ${hostname}", above its "reverse_proxy ${pds}".
	# Everything goes to Latchkey but what plainly means another route of the PDS.
	@latchkey not {
		vars_regexp {http.request.uri} ${PLAIN_TARGET}
		not vars_regexp {http.request.uri} (?i)${OWN_TARGET}
	}
	handle @latchkey {
		reverse_proxy ${latchkey}
	}

	# No access log gets to see a link with a code. The variable has another name since Caddy 2.8.
	@latchkey_link path ${LINK_PATH}/*
	vars @latchkey_link {
		skip_log true
		log_skip true
	}

	# While Latchkey is down, only its own routes are.
	@latchkey_oauth path_regexp (?i)^/@atproto/
	@latchkey_preflight {
		method OPTIONS
		path_regexp (?i)^/xrpc/
	}
	handle_errors {
		handle @latchkey {
			header Retry-After ${DOWN_RETRY_AFTER}
			header Cache-Control no-store
			header Content-Type "application/json; charset=utf-8"
			handle @latchkey_oauth {
				respond \`${DOWN_OAUTH}\` 503
			}
			handle @latchkey_preflight {
				header Access-Control-Allow-Origin *
				header Access-Control-Allow-Methods GET,HEAD,POST
				header Access-Control-Allow-Headers {http.request.header.Access-Control-Request-Headers}
				respond 204
			}
			handle {
				header Access-Control-Allow-Origin *
				respond \`${DOWN_XRPC}\` 503
			}
		}
	}
`,
  }
}
