{{/* What follows from the values. Each answers a text; an empty one is no. */}}

{{- define "entitled.autoscaled" -}}
{{- if or .Values.autoscaling.enabled .Values.keda.enabled -}}yes{{- end -}}
{{- end -}}

{{- define "entitled.replicas" -}}
{{- $replicas := .Values.replicaCount -}}
{{- if kindIs "invalid" $replicas -}}
{{- ternary 2 1 (eq .Values.database.engine "postgres") -}}
{{- else -}}
{{- int $replicas -}}
{{- end -}}
{{- end -}}

{{/* The fewest replicas that an autoscaler or the Deployment leaves. */}}
{{- define "entitled.leastReplicas" -}}
{{- if .Values.autoscaling.enabled -}}{{ int .Values.autoscaling.minReplicas }}
{{- else if .Values.keda.enabled -}}{{ int .Values.keda.minReplicas }}
{{- else -}}{{ include "entitled.replicas" . }}{{- end -}}
{{- end -}}

{{/* The Secret of the chart: texts that were given as values. */}}
{{- define "entitled.ownSecret" -}}
{{- if or (and (eq .Values.database.engine "postgres") .Values.database.postgres.url) .Values.auth.tokens.content .Values.auth.certificates.content -}}yes{{- end -}}
{{- end -}}

{{/* job, initContainer or none. A hook runs before the chart's objects exist, so it is taken only if it needs none of them. */}}
{{- define "entitled.migration" -}}
{{- if ne .Values.database.engine "postgres" -}}none
{{- else if ne .Values.migrations.mode "auto" -}}{{ .Values.migrations.mode }}
{{- else if and .Values.database.postgres.url (not .Values.migrations.existingSecret) -}}initContainer
{{- else -}}job
{{- end -}}
{{- end -}}

{{- define "entitled.probeType" -}}
{{- if ne .Values.probes.type "auto" -}}{{ .Values.probes.type }}
{{- else -}}{{ ternary "http" "grpc" .Values.tls.enabled }}{{- end -}}
{{- end -}}

{{- define "entitled.tlsSecret" -}}
{{- default (printf "%s-tls" (include "entitled.fullname" .)) .Values.tls.existingSecret -}}
{{- end -}}

{{- define "entitled.hasPdb" -}}
{{- $wanted := .Values.podDisruptionBudget.enabled | toString -}}
{{- if and (ne $wanted "false") (gt (include "entitled.leastReplicas" . | int) 1) -}}yes{{- end -}}
{{- end -}}

{{- define "entitled.scraped" -}}
{{- if or .Values.serviceMonitor.enabled .Values.podMonitor.enabled -}}yes{{- end -}}
{{- end -}}

{{/* Paths of the catalogue's files, in their order, with commas between them. */}}
{{- define "entitled.catalogFiles" -}}
{{- $names := list -}}
{{- range .Values.catalog.files }}{{ $names = append $names (printf "/etc/entitled/catalog/%s" .name) }}{{ end -}}
{{- if .Values.catalog.existingConfigMap -}}
{{- range .Values.catalog.keys }}{{ $names = append $names (printf "/etc/entitled/catalog/%s" .) }}{{ end -}}
{{- end -}}
{{- join "," $names -}}
{{- end -}}

{{/* Milliseconds of a time such as 5s; -1 if it is none. */}}
{{- define "entitled.milliseconds" -}}
{{- $units := dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000 "d" 86400000 -}}
{{- if regexMatch "^[0-9]{1,9}(ms|s|m|h|d)$" . -}}
{{- mul (regexFind "^[0-9]+" . | atoi) (get $units (regexFind "[a-z]+$" .)) -}}
{{- else -}}-1{{- end -}}
{{- end -}}

{{/* A value as the program reads it: YAML's numbers come as floats, which would print as 1e+06. */}}
{{- define "entitled.text" -}}
{{- if kindIs "float64" . -}}{{ int64 . }}
{{- else if kindIs "slice" . -}}{{ join "," . }}
{{- else -}}{{ toString . }}{{- end -}}
{{- end -}}

{{- define "entitled.has" -}}
{{- if not (kindIs "invalid" .) -}}yes{{- end -}}
{{- end -}}

{{/* The address that the chart's own clients ask. */}}
{{- define "entitled.clientAddress" -}}
{{- $scheme := ternary "https" "http" .Values.tls.enabled -}}
{{- $service := printf "%s://%s.%s.svc:%d" $scheme (include "entitled.fullname" .) (include "entitled.namespace" .) (int .Values.service.port) -}}
{{- default $service .Values.client.address -}}
{{- end -}}

{{/* Whether the chart's own clients can sign in. */}}
{{- define "entitled.clientMay" -}}
{{- if or (eq .Values.auth.mode "none") .Values.client.tokenSecret.name .Values.client.certificateSecret -}}yes{{- end -}}
{{- end -}}
