/** The screens below `/admin`, for those who run the node. */

import type { ScreenProps } from "../screens.tsx";
import { AdminScreen } from "./admin.tsx";
import { AdminLogScreen } from "./admin_log.tsx";
import { AdminPeopleScreen } from "./admin_people.tsx";
import { AdminReportsScreen } from "./admin_reports.tsx";
import { AdminServersScreen } from "./admin_servers.tsx";
import { MissingScreen } from "./missing.tsx";

const PLACES = new Map([
  ["", AdminScreen],
  ["people", AdminPeopleScreen],
  ["servers", AdminServersScreen],
  ["reports", AdminReportsScreen],
  ["log", AdminLogScreen],
]);

export function AdminPlaces({ parts }: ScreenProps) {
  const Here = PLACES.get(parts.part ?? "") ?? MissingScreen;
  return <Here />;
}
