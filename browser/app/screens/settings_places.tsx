/** The screens below `/settings`: they are small, and whoever wants one wants the others soon. */

import type { ScreenProps } from "../screens.tsx";
import { ArchiveScreen } from "./archive.tsx";
import { DeleteScreen } from "./delete.tsx";
import { DevicesScreen } from "./devices.tsx";
import { InvitesScreen } from "./invites.tsx";
import { KeysScreen } from "./keys.tsx";
import { LockScreen } from "./lock.tsx";
import { MissingScreen } from "./missing.tsx";
import { MutesScreen } from "./mutes.tsx";
import { PasswordScreen } from "./password.tsx";
import { SettingsScreen } from "./settings.tsx";

const PLACES = new Map([
  ["", SettingsScreen],
  ["devices", DevicesScreen],
  ["keys", KeysScreen],
  ["messages", ArchiveScreen],
  ["lock", LockScreen],
  ["password", PasswordScreen],
  ["invites", InvitesScreen],
  ["delete", DeleteScreen],
  ["mutes", MutesScreen],
]);

export function SettingsPlaces({ parts }: ScreenProps) {
  const Here = PLACES.get(parts.part ?? "") ?? MissingScreen;
  return <Here />;
}
