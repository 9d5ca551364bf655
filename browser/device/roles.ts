/** Pure: the roles of people in a group: what each may, the next one may too; from 1 on the wire (spec E2E-8.1). */

export const ROLES = ["member", "admin", "owner"] as const;
export type Role = (typeof ROLES)[number];
