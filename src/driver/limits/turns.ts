/** The order of turns: callers alternate, within a caller its users, and within a user its members in order. */
import type { Caller } from './caller.ts';

export class Turns<Member extends { readonly caller: Caller }> {
  readonly #roots = new Map<string, Map<string, Set<Member>>>();

  /** Adds a member at the end of its user's queue. A queued one keeps its position. */
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
   * Removes and returns the next member. Its user and its caller move to the end of their queues.
   * @param may whether a caller may have a turn; others are skipped and keep their position
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
