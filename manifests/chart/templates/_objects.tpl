{{/*
The objects of a file of manifests/, in the release's namespace and with the chart's labels. The files are links to the
kustomize bases, so that there is one source for both.
Arguments: root, file.
*/}}
{{- define "hawsepipe.objects" -}}
{{- $root := .root -}}
{{- $text := $root.Files.Get (printf "files/%s.yaml" .file) | replace "hawsepipe-system" $root.Release.Namespace -}}
{{- range $document := splitList "\n---\n" $text }}
---
{{ include "hawsepipe.object" (dict "root" $root "object" (fromYaml $document)) }}
{{- end }}
{{- end }}

{{/*
One object with the chart's labels. Arguments: root, object.
*/}}
{{- define "hawsepipe.object" -}}
{{- $labels := .object.metadata.labels | default dict -}}
{{- $_ := set $labels "app.kubernetes.io/name" "hawsepipe" -}}
{{- $_ := set $labels "app.kubernetes.io/managed-by" .root.Release.Service -}}
{{- $_ := set $labels "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version) -}}
{{- $_ := set .object.metadata "labels" $labels -}}
{{ toYaml .object }}
{{- end }}
