/** Flags that several commands share. */
export const fileFlag = {
  filename: {
    type: "string",
    short: "f",
    multiple: true,
    value: "FILE",
    help: "A file or directory to read, `-` for standard input; may be given several times",
  },
} as const;

export const crdsFlag = {
  crds: {
    type: "string",
    value: "DIR",
    multiple: true,
    isPath: true,
    help: "Also serve the CustomResourceDefinitions in this folder: by itself, instead of built-in ones of the same resource; in a cluster, registered as hawsepipe apiservices prints",
  },
} as const;

export const dataDirFlag = {
  "data-dir": {
    type: "string",
    value: "DIR",
    default: ".hawsepipe",
    isPath: true,
    help: "Where the standalone server keeps its objects, keys and certificates",
  },
} as const;
