/** Who is next: callers take turns, within a caller its users, and within a user its members in their order. */
import type { Caller } from './caller.ts';

export class Turns<Member extends { readonly caller: Caller }> {
  readonly #roots = new Map<string, Map<string, Set<Member>>>();

  /** Puts a member at the end of its user's line; one that stands there already keeps its place. */
  add(member: Member): void {
    const { root, user } = member.caller;
    const users = this.#roots.get(root) ?? new Map<string, Set<Member>>();
    const members = users.get(user) ?? new Set<Member>();
    members.add(member);
    users.set(user, members);
    this.#roots.set(root, users);
  }

  remove(member: Member): void {
    const { root, user } = member.caller;
    const users = this.#roots.get(root);
    const members = users?.get(user);
    if (users === undefined || members === undefined) return;
    members.delete(member);
    if (members.size === 0) users.delete(user);
    if (users.size === 0) this.#roots.delete(root);
  }

  /**
   * Takes the member out whose turn it is; its user and its caller go to the end of their lines.
   * @param may whether it may be the turn of a caller; others are passed over and keep their place
   */
  take(may: (root: string) => boolean = () => true): Member | undefined {
    for (const [root, users] of this.#roots) {
      if (!may(root)) continue;
      const [[user, members] = []] = users;
      const [member] = members ?? [];
      if (user === undefined || members === undefined || member === undefined) continue;
      members.delete(member);
      users.delete(user);
      if (members.size > 0) users.set(user, members);
      this.#roots.delete(root);
      if (users.size > 0) this.#roots.set(root, users);
      return member;
    }
    return undefined;
  }
}
