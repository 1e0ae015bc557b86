/** Whether the last thing a server has logged about the leader is that it leads itself. */
export const saysItLeads = (log: string): boolean =>
  [...log.matchAll(/"isSelf":(true|false)/g)].at(-1)?.[1] === "true";
