/** Who makes a request, after authentication. */
export interface UserInfo {
  readonly name: string;
  readonly uid?: string;
  /** Contains `system:authenticated` or `system:unauthenticated`. */
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}
