/** Somebody in a list to choose from. */
export interface Choosable {
  id: number
  name: string
  avatar: string
  /** A line below the name. */
  note?: string
}
