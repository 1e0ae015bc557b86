import type { Command } from "./command.ts";
import { apiServicesCommand } from "./commands/apiservices.ts";
import { backupCommand } from "./commands/backup.ts";
import { convertCommand } from "./commands/convert.ts";
import { kubeconfigCommand } from "./commands/kubeconfig.ts";
import { llamastackCommand } from "./commands/llamastack.ts";
import { renderCommand, validateCommand } from "./commands/render.ts";
import { restoreCommand } from "./commands/restore.ts";
import { serveCommand } from "./commands/serve.ts";
import { versionCommand } from "./commands/version.ts";

/** Every command, in the order help lists them. */
export function loadCommands(): readonly Command[] {
  return [
    serveCommand,
    kubeconfigCommand,
    renderCommand,
    validateCommand,
    convertCommand,
    llamastackCommand,
    apiServicesCommand,
    backupCommand,
    restoreCommand,
    versionCommand,
  ];
}
