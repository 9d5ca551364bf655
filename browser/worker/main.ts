/** The script of the device worker. */

import { holdDevice } from "./start.ts";

void holdDevice();
