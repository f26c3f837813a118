/** A timer queue: a binary heap by time whose members know their index, so that any of them can be removed quickly. */

export interface Due {
  /** Milliseconds of a monotonic clock. Only `put` changes it. */
  dueAt: number;
  /** Index in the queue, -1 if it is in none. Only the queue changes it. */
  index: number;
}

export class TimerQueue<Member extends Due> {
  readonly #heap: Member[] = [];

  get length(): number {
    return this.#heap.length;
  }

  /** When the next member is due. Undefined if the queue is empty. */
  get nextAt(): number | undefined {
    return this.#heap[0]?.dueAt;
  }

  /** Adds a member with its due time, or moves it if it is in the queue. */
  put(member: Member, dueAt: number): void {
    this.remove(member);
    member.dueAt = dueAt;
    member.index = this.#heap.push(member) - 1;
    this.#rise(member);
  }

  remove(member: Member): void {
    const { index } = member;
    if (index < 0) return;
    member.index = -1;
    const last = this.#heap.pop();
    if (last === undefined || last === member) return;
    this.#set(last, index);
    this.#rise(last);
    this.#sink(last);
  }

  /** Removes and returns the member that has been due the longest. Undefined if none is due. */
  take(now: number): Member | undefined {
    const [first] = this.#heap;
    if (first === undefined || first.dueAt > now) return undefined;
    this.remove(first);
    return first;
  }

  #rise(member: Member): void {
    for (;;) {
      const above = this.#heap[(member.index - 1) >> 1];
      if (member.index === 0 || above === undefined || above.dueAt <= member.dueAt) return;
      this.#swap(above, member);
    }
  }

  #sink(member: Member): void {
    for (;;) {
      const left = this.#heap[2 * member.index + 1];
      const right = this.#heap[2 * member.index + 2];
      const sooner = right !== undefined && left !== undefined && right.dueAt < left.dueAt ? right : left;
      if (sooner === undefined || sooner.dueAt >= member.dueAt) return;
      this.#swap(member, sooner);
    }
  }

  #swap(above: Member, below: Member): void {
    const [high, low] = [above.index, below.index];
    this.#set(above, low);
    this.#set(below, high);
  }

  #set(member: Member, index: number): void {
    member.index = index;
    this.#heap[index] = member;
  }
}
