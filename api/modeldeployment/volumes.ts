import { Type } from "typebox";
import { celRules, listMap, quantity, stringEnum } from "../common/schema.ts";
import { accessModes, retentionPolicies, volumePurposes } from "./enumerations.ts";

const modelVolume = Type.Object(
  {
    name: Type.String({
      description: "Name of the volume, unique in the list.",
      maxLength: 63,
      pattern: "^[a-z0-9]([a-z0-9\\-]*[a-z0-9])?$",
    }),
    claimName: Type.Optional(
      Type.String({
        description:
          "Name of the PersistentVolumeClaim in the same namespace. Required without size; with size it is <deployment>-<volume> and may be omitted.",
        maxLength: 253,
      }),
    ),
    mountPath: Type.Optional(
      Type.String({
        description:
          "Absolute path of the mount. When absent, /model-cache for purpose modelCache and /compilation-cache for compilationCache; purpose custom requires it.",
        maxLength: 1024,
      }),
    ),
    purpose: Type.Optional(
      stringEnum(volumePurposes, {
        description:
          "What the volume holds: downloaded weights, the engine's compilation cache, or anything else.",
        default: "custom",
      }),
    ),
    readOnly: Type.Optional(
      Type.Boolean({ description: "Whether the volume is mounted read-only. Not possible with size." }),
    ),
    size: Type.Optional(
      quantity(
        "Size of the claim. When set the claim is created, owned and deleted together with the deployment; when absent it must exist.",
      ),
    ),
    storageClassName: Type.Optional(
      Type.String({
        description:
          'Storage class of a created claim: absent means the cluster\'s default class, "" means none. Only with size.',
        maxLength: 253,
      }),
    ),
    accessMode: Type.Optional(
      stringEnum(accessModes, {
        description: "Access mode of a created claim; ReadWriteMany when absent. Only with size.",
      }),
    ),
    retentionPolicy: Type.Optional(
      stringEnum(retentionPolicies, {
        description:
          "What becomes of a created claim when the deployment is deleted; Delete when absent. A retained one is taken up again by the next deployment of the same name. Only with size.",
      }),
    ),
  },
  {
    description: "A PersistentVolumeClaim mounted into every pod that serves the model.",
    ...celRules(
      {
        rule: "has(self.size) || (has(self.claimName) && self.claimName != '')",
        message: "claimName is required when size is not set",
        reason: "FieldValueRequired",
        fieldPath: ".claimName",
      },
      {
        rule: "!has(self.size) || !has(self.readOnly) || !self.readOnly",
        message: "a volume created by size cannot be readOnly: nothing could fill it",
        reason: "FieldValueForbidden",
        fieldPath: ".readOnly",
      },
      {
        rule: "has(self.size) || !has(self.accessMode)",
        message: "accessMode may only be set together with size",
        reason: "FieldValueForbidden",
        fieldPath: ".accessMode",
      },
      {
        rule: "has(self.size) || !has(self.storageClassName)",
        message: "storageClassName may only be set together with size",
        reason: "FieldValueForbidden",
        fieldPath: ".storageClassName",
      },
      {
        rule: "has(self.size) || !has(self.retentionPolicy)",
        message: "retentionPolicy may only be set together with size",
        reason: "FieldValueForbidden",
        fieldPath: ".retentionPolicy",
      },
      {
        rule: "(has(self.purpose) && self.purpose != 'custom') || (has(self.mountPath) && self.mountPath != '')",
        message: "mountPath is required for a volume of purpose custom",
        reason: "FieldValueRequired",
        fieldPath: ".mountPath",
      },
      {
        rule: "!has(self.mountPath) || self.mountPath == '' || self.mountPath.startsWith('/')",
        message: "must be an absolute path",
        fieldPath: ".mountPath",
      },
      {
        rule: "!has(self.mountPath) || !self.mountPath.matches('(^|/)[.]{1,2}(/|$)|//|:')",
        message: "must not contain '.' or '..' elements, empty elements or ':'",
        fieldPath: ".mountPath",
      },
      {
        rule: "!has(self.mountPath) || !self.mountPath.matches('^/((dev|proc|sys|etc|var/run)(/.*)?)?$')",
        message: "must not be / nor equal or lie under /dev, /proc, /sys, /etc or /var/run",
        fieldPath: ".mountPath",
      },
    ),
  },
);

/** Claims mounted into the pods. */
export const modelVolumes = Type.Array(modelVolume, {
  description: "PersistentVolumeClaims for weights, caches and other files.",
  maxItems: 8,
  ...listMap("name"),
  ...celRules(
    {
      rule: "self.all(a, !has(a.mountPath) || self.exists_one(b, has(b.mountPath) && b.mountPath == a.mountPath))",
      message: "every mountPath must be used by one volume only",
    },
    {
      rule: "self.all(a, !has(a.claimName) || self.exists_one(b, has(b.claimName) && b.claimName == a.claimName))",
      message: "every claimName must be used by one volume only",
    },
    {
      rule: "self.filter(v, has(v.purpose) && v.purpose == 'modelCache').size() <= 1",
      message: "at most one volume may have purpose modelCache",
    },
    {
      rule: "self.filter(v, has(v.purpose) && v.purpose == 'compilationCache').size() <= 1",
      message: "at most one volume may have purpose compilationCache",
    },
  ),
});
