export const consolePeople = {
  standing: {
    deactivated: 'deactivated',
    takendown: 'taken down',
    suspended: 'suspended',
    deleted: 'deleted',
  },
}
