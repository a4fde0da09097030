export const kit = {
  skip: 'Skip to the content',
  copy: 'Copy',
  copied: 'Copied',
  close: 'Close',
  inviteCode: 'Invite code',
  qrOf: (link: string) => `QR code of ${link}`,
  notFoundTitle: 'Nothing here',
  notFound: 'There is no page at this address.',
  notFoundNext: (host: string) => `To ${host}`,
  brokenTitle: 'That did not work',
  broken: 'Something went wrong on our side. Please try again in a moment.',
  tryAgain: 'Try again',
}
