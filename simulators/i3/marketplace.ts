/** The marketplace behind the broker: who sells what, who bought it, and which rows of rights come of that. */
import { passwordColumn, type Proof } from './password.ts';

export interface Product {
  /** Buyers read a sensor; they may write, too, to an actuator and to both. */
  readonly type?: 'sensor' | 'actuator' | 'both';
  /** Buyers get it only after the seller has approved. */
  readonly restricted?: boolean;
}

/** A row of the table `acls`: 1 for reading, 2 for reading and writing. */
export interface AclRow {
  readonly username: string;
  readonly topic: string;
  readonly rw: 1 | 2;
}

interface Purchase {
  approved: boolean;
  /** Deliveries that are left. */
  quantity: number;
}

export class Marketplace {
  /** By topic, `user/hub/product`. */
  readonly #products = new Map<string, Product>();
  /** The `pw` column by MQTT user name, `user$hub$device` for a device and `user` for a buyer. */
  readonly #users = new Map<string, string>();
  /** By buyer and topic. */
  readonly #purchases = new Map<string, Map<string, Purchase>>();

  addProduct(topic: string, product: Product = {}): void {
    if (!/^[^/+#]+\/[^/+#]+\/[^/+#]{1,30}$/.test(topic)) throw new Error(`"${topic}" is no user/hub/product.`);
    this.#products.set(topic, product);
  }

  /** A device of a seller (with `$`) or a buyer. */
  addUser(username: string, proof: Proof): void {
    this.#users.set(username, passwordColumn(proof));
  }

  /** The `pw` column as it is. */
  setColumn(username: string, column: string): void {
    this.#users.set(username, column);
  }

  column(username: string): string | undefined {
    return this.#users.get(username);
  }

  purchase(buyer: string, topic: string, quantity = Infinity): void {
    const product = this.#products.get(topic);
    if (product === undefined) throw new Error(`There is no product ${topic}.`);
    if (!this.#users.has(buyer)) throw new Error(`There is no buyer ${buyer}.`);
    const bought = this.#purchases.get(buyer) ?? new Map<string, Purchase>();
    bought.set(topic, { approved: product.restricted !== true, quantity });
    this.#purchases.set(buyer, bought);
  }

  approve(buyer: string, topic: string): void {
    const purchase = this.#purchases.get(buyer)?.get(topic);
    if (purchase === undefined) throw new Error(`${buyer} has not bought ${topic}.`);
    purchase.approved = true;
  }

  revoke(buyer: string, topic: string): void {
    this.#purchases.get(buyer)?.delete(topic);
  }

  /** Deliveries that are left; undefined without a purchase. */
  quantity(buyer: string, topic: string): number | undefined {
    return this.#purchases.get(buyer)?.get(topic)?.quantity;
  }

  /**
   * Counts a delivery as the marketplace's log parser does: by client id, which it takes for the buyer's name. Returns
   * true when the purchase is used up by it, so that its right is gone.
   */
  meter(clientId: string, topic: string): boolean {
    const purchase = this.#purchases.get(clientId)?.get(topic);
    if (purchase === undefined) return false;
    purchase.quantity--;
    if (purchase.quantity > 0) return false;
    this.revoke(clientId, topic);
    return true;
  }

  /** After the parser lost sight of a buyer's flows (its restart, a disconnect), the next delivery of each is its last. */
  forget(clientId: string): void {
    for (const purchase of this.#purchases.get(clientId)?.values() ?? []) purchase.quantity = 1;
  }

  rows(): AclRow[] {
    const sellers = [...this.#users.keys()].flatMap((username) => {
      const [user, hub, device] = username.split('$');
      if (device === undefined) return [];
      return [...this.#products.keys()]
        .filter((topic) => topic.startsWith(`${user ?? ''}/${hub ?? ''}/`))
        .map((topic): AclRow => ({ username, topic, rw: 2 }));
    });
    const buyers = [...this.#purchases].flatMap(([username, bought]) =>
      [...bought]
        .filter(([, { approved }]) => approved)
        .map(([topic]): AclRow => {
          return { username, topic, rw: (this.#products.get(topic)?.type ?? 'sensor') === 'sensor' ? 1 : 2 };
        }),
    );
    return [...sellers, ...buyers];
  }
}

/** Who has no rights anywhere. */
export const NOBODY = '!nobody';

/** The rows as mosquitto's ACL file. A file without any rule would allow everything, so one is always there. */
export function aclFile(rows: readonly AclRow[]): string {
  const lines = rows.map(({ username, topic, rw }) => [
    `user ${username}`,
    `topic ${rw === 1 ? 'read' : 'readwrite'} ${topic}`,
  ]);
  return [`user ${NOBODY}`, 'topic read !nothing', ...lines.flat(), ''].join('\n');
}
