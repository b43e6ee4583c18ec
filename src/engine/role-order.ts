/** The position of a role in an order, lowest first. A role that is not in the order ranks above all. */
export const rankIn =
  (order: readonly string[]) =>
  (role: string): number => {
    const index = order.indexOf(role);
    return index < 0 ? order.length : index;
  };
