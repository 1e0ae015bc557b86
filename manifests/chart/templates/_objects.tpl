{{/*
The objects of a file of manifests/, in the release's namespace and with the chart's labels. The files are links to the
kustomize bases, so that there is one source for both.
Arguments: root, file.
*/}}
{{- define "hawsepipe.objects" -}}
{{- $root := .root -}}
{{- $text := $root.Files.Get (printf "files/%s.yaml" .file) | replace "hawsepipe-system" $root.Release.Namespace -}}
{{- if eq .file "service-monitor" -}}
{{- $text = $text | replace "hawsepipe-serving-cert" (include "hawsepipe.servingSecret" $root) -}}
{{- end -}}
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
{{- $trusts := has .object.kind (list "APIService" "ValidatingWebhookConfiguration") -}}
{{- if and $trusts (eq .root.Values.certificates.source "cert-manager") -}}
{{- $_ := set .object.metadata "annotations" (dict "cert-manager.io/inject-ca-from" (printf "%s/hawsepipe" .root.Release.Namespace)) -}}
{{- end -}}
{{ toYaml .object }}
{{- end }}

{{/*
The Secret that holds the serving certificate and its CA.
*/}}
{{- define "hawsepipe.servingSecret" -}}
{{- with .Values.certificates -}}
{{- if eq .source "secret" }}{{ .secretName }}{{ else if eq .source "cert-manager" }}hawsepipe-tls{{ else }}hawsepipe-serving-cert{{ end -}}
{{- end -}}
{{- end }}
