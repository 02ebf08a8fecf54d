{{/* Names and labels. Names have at most 40 characters, so that every suffix fits into 63, and into the 52 of a CronJob. */}}

{{- define "entitled.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "entitled.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $both := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $both .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "entitled.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end -}}

{{/* What selects pods; the same in every version, because a Deployment cannot change its own. */}}
{{- define "entitled.selector" -}}
app.kubernetes.io/name: {{ include "entitled.name" .root | quote }}
app.kubernetes.io/instance: {{ .root.Release.Name | trunc 63 | trimSuffix "-" | quote }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* A version may be any text; a label may not. */}}
{{- define "entitled.label" -}}
{{- regexReplaceAll "[^A-Za-z0-9_.-]" . "_" | trunc 63 | trimAll "-_." -}}
{{- end -}}

{{- define "entitled.labels" -}}
{{ include "entitled.selector" . }}
app.kubernetes.io/version: {{ include "entitled.label" (default .root.Chart.AppVersion .root.Values.image.tag) | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service | quote }}
helm.sh/chart: {{ include "entitled.label" (printf "%s-%s" .root.Chart.Name .root.Chart.Version) | quote }}
{{- with .root.Values.commonLabels }}
{{ tpl (toYaml .) $.root }}
{{- end }}
{{- end -}}

{{/* The metadata of an object: a dict with root, component, and perhaps suffix, name, labels, annotations. */}}
{{- define "entitled.metadata" -}}
name: {{ default (printf "%s%s" (include "entitled.fullname" .root) (default "" .suffix)) .name | quote }}
namespace: {{ include "entitled.namespace" .root | quote }}
labels:
  {{- include "entitled.labels" . | nindent 2 }}
  {{- with .labels }}
  {{- tpl (toYaml .) $.root | nindent 2 }}
  {{- end }}
{{- $annotations := merge (dict) (default dict .annotations) .root.Values.commonAnnotations }}
{{- with $annotations }}
annotations:
  {{- tpl (toYaml .) $.root | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "entitled.serviceAccountName" -}}
{{- $account := .Values.serviceAccount -}}
{{- default (ternary (include "entitled.fullname" .) "default" $account.create) $account.name -}}
{{- end -}}

{{- define "entitled.migrationAccountName" -}}
{{- $account := .Values.migrations.serviceAccount -}}
{{- default (ternary (printf "%s-migrate" (include "entitled.fullname" .)) "default" $account.create) $account.name -}}
{{- end -}}

{{- define "entitled.image" -}}
{{- $image := .Values.image -}}
{{- $registry := default $image.registry .Values.global.imageRegistry -}}
{{- $name := ternary (printf "%s/%s" $registry $image.repository) $image.repository (ne $registry "") -}}
{{- $tag := default .Chart.AppVersion $image.tag -}}
{{- ternary (printf "%s:%s@%s" $name $tag $image.digest) (printf "%s:%s" $name $tag) (ne $image.digest "") -}}
{{- end -}}
