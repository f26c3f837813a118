/** The audit records of one request. */
import type { AnswerEnd, AnswerSink } from '../../contract/answer.ts';
import { type AuditedRequest, type AuditTrail, LONGEST_AUDIT_TEXT, MOST_AUDIT_HOSTS } from '../../contract/audit.ts';
import { parseFqn } from '../../contract/fqn.ts';
import type { Request } from '../../contract/request.ts';
import { roundMs } from '../../lib/clock.ts';

/** What is known of a request, however much of it is valid. */
export interface AuditedFacts {
  readonly id: string;
  readonly function: string;
  readonly caller: string;
  readonly bytes: number;
  /** Absent if the request is not valid. */
  readonly request?: Request | undefined;
}

export class RequestAudit {
  readonly #trail: AuditTrail;
  readonly #asked: AuditedRequest;
  #items = 0;
  #sink: AnswerSink | undefined;

  constructor(trail: AuditTrail, facts: AuditedFacts) {
    this.#trail = trail;
    this.#asked = askedOf(facts, trail.names);
  }

  /** The request is for a lease, which has begun. */
  leased(): void {
    this.#trail.lease(this.#asked);
  }

  /** The same sink. Counts what is answered. */
  counting(sink: AnswerSink): AnswerSink {
    this.#sink = sink;
    return {
      item: (item) => {
        this.#items++;
        return sink.item(item);
      },
      flush: (interim) => sink.flush(interim),
      watch: (watcher) => {
        sink.watch(watcher);
      },
      end: (end) => sink.end(end),
    };
  }

  /** @param sent what the sink returned: the end as it was sent, which may differ from the wanted one */
  ended(sent: unknown, wanted: AnswerEnd, elapsedMs: number): void {
    const { status, error, meta } = isEnd(sent) ? sent : wanted;
    const { sourceMs, sourceRequests, hosts } = meta;
    this.#trail.request(this.#asked, {
      status,
      ...(error === undefined ? {} : { code: error.code }),
      ...{ elapsedMs: roundMs(elapsedMs), sourceMs, sourceRequests, hosts },
      items: this.#items,
      bytes: this.#sink?.sentBytes ?? 0,
    });
  }

  /** It has no subject for an answer and is dropped. */
  dropped(): void {
    const nothing = { elapsedMs: 0, sourceMs: 0, sourceRequests: 0, hosts: [], items: 0, bytes: 0 };
    this.#trail.request(this.#asked, { status: 'unanswered', ...nothing });
  }
}

const isEnd = (sent: unknown): sent is AnswerEnd => typeof sent === 'object' && sent !== null && 'meta' in sent;

function askedOf({ id, function: name, caller, bytes, request }: AuditedFacts, most: number): AuditedRequest {
  const { user, host, params } = request ?? {};
  const items: readonly unknown[] = Array.isArray(params?.items) ? params.items : [];
  const hosts = host === undefined ? undefined : [host].flat().slice(0, MOST_AUDIT_HOSTS);
  return {
    function: cut(name),
    id: cut(id),
    caller: cut(caller),
    ...(user?.name === undefined ? {} : { user: cut(user.name) }),
    ...(hosts === undefined ? {} : { hosts: hosts.map(cut) }),
    items: items.length,
    names: items.slice(0, most).filter(isFqn).map(cut),
    bytes,
  };
}

const cut = (text: string): string => text.slice(0, LONGEST_AUDIT_TEXT).toWellFormed();

function isFqn(item: unknown): item is string {
  // The names of an attribute and a property can be long; the part that is recorded need not be all of it.
  if (typeof item !== 'string' || item.length > 4 * LONGEST_AUDIT_TEXT) return false;
  try {
    parseFqn(item);
    return true;
  } catch {
    return false;
  }
}
