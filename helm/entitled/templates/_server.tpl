{{/* The server's container and what it mounts. */}}

{{/* A probe: a dict with root, service (of grpc.health.v1), path (over HTTP), timing and custom. */}}
{{- define "entitled.probe" -}}
{{- if .custom }}
{{- toYaml .custom }}
{{- else }}
{{- if eq (include "entitled.probeType" .root) "grpc" }}
grpc: {port: {{ int .root.Values.grpc.port }}, service: {{ .service }}}
{{- else }}
httpGet: {port: metrics, path: {{ .path }}, scheme: HTTP}
{{- end }}
{{- toYaml .timing | nindent 0 }}
{{- end }}
{{- end -}}

{{- define "entitled.serverContainer" -}}
{{- $v := .Values -}}
- name: entitled
  {{- include "entitled.containerBasics" . | nindent 2 }}
  args: {{ concat (list "serve") $v.extraArgs | toJson }}
  ports:
    - {name: grpc, containerPort: {{ int $v.grpc.port }}, protocol: TCP}
    - {name: metrics, containerPort: {{ int $v.metrics.port }}, protocol: TCP}
  envFrom:
    - configMapRef: {name: {{ include "entitled.fullname" . | quote }}}
    {{- with $v.extraEnvFrom }}
    {{- tpl (toYaml .) $ | nindent 4 }}
    {{- end }}
  env:
    - name: POD_NAME
      valueFrom: {fieldRef: {fieldPath: metadata.name}}
    {{- if eq $v.database.engine "postgres" }}
    {{- include "entitled.databaseEnv" (dict "root" . "migration" false) | trim | nindent 4 }}
    {{- end }}
    {{- if $v.otel.endpoint }}
    {{- $attributes := list (printf "k8s.namespace.name=%s" (include "entitled.namespace" .)) "k8s.pod.name=$(POD_NAME)" }}
    {{- range $key, $value := $v.otel.resourceAttributes }}{{ $attributes = append $attributes (printf "%s=%v" $key $value) }}{{ end }}
    - {name: OTEL_RESOURCE_ATTRIBUTES, value: {{ join "," $attributes | quote }}}
    {{- with $v.otel.headersSecret }}
    {{- if .name }}
    - name: OTEL_EXPORTER_OTLP_HEADERS
      valueFrom:
        secretKeyRef: {name: {{ .name | quote }}, key: {{ .key | quote }}}
    {{- end }}
    {{- end }}
    {{- end }}
    {{- with $v.extraEnv }}
    {{- tpl (toYaml .) $ | nindent 4 }}
    {{- end }}
  {{- if $v.shutdown.preStopSleepSeconds }}
  lifecycle:
    preStop:
      sleep: {seconds: {{ int $v.shutdown.preStopSleepSeconds }}}
  {{- end }}
  startupProbe:
    {{- include "entitled.probe" (dict "root" . "service" "liveness" "path" "/livez" "timing" $v.probes.startup "custom" $v.probes.customStartup) | trim | nindent 4 }}
  livenessProbe:
    {{- include "entitled.probe" (dict "root" . "service" "liveness" "path" "/livez" "timing" $v.probes.liveness "custom" $v.probes.customLiveness) | trim | nindent 4 }}
  readinessProbe:
    {{- include "entitled.probe" (dict "root" . "service" "readiness" "path" "/readyz" "timing" $v.probes.readiness "custom" $v.probes.customReadiness) | trim | nindent 4 }}
  resources:
    {{- toYaml $v.resources | nindent 4 }}
  volumeMounts:
    - {name: tmp, mountPath: /tmp}
    {{- if eq $v.database.engine "sqlite" }}
    - {name: data, mountPath: /var/lib/entitled}
    {{- else }}
    {{- include "entitled.databaseMounts" (dict "root" . "migration" false) | trim | nindent 4 }}
    {{- end }}
    {{- if $v.tls.enabled }}
    - {name: tls, mountPath: /etc/entitled/tls, readOnly: true}
    {{- if ne $v.tls.clientAuth "none" }}
    - {name: tls-client-ca, mountPath: /etc/entitled/tls-client-ca, readOnly: true}
    {{- end }}
    {{- end }}
    {{- range $name := list "tokens" "certificates" }}
    {{- $file := get $v.auth $name }}
    {{- if or $file.existingSecret $file.content }}
    - {name: {{ $name }}, mountPath: /etc/entitled/{{ $name }}, readOnly: true}
    {{- end }}
    {{- end }}
    {{- if include "entitled.catalogFiles" . }}
    - {name: catalog, mountPath: /etc/entitled/catalog, readOnly: true}
    {{- end }}
    {{- with $v.extraVolumeMounts }}
    {{- tpl (toYaml .) $ | nindent 4 }}
    {{- end }}
{{- end -}}

{{/* A wrong edition must stop a rollout, and not a server that runs. */}}
{{- define "entitled.catalogContainer" -}}
- name: validate-catalog
  {{- include "entitled.containerBasics" . | nindent 2 }}
  {{- $args := list "catalog" "validate" }}
  {{- range splitList "," (include "entitled.catalogFiles" .) }}
  {{- if $.Values.catalog.alone }}{{ $args = append $args "--catalog-only" }}{{ end }}
  {{- $args = append $args . }}
  {{- end }}
  args: {{ $args | toJson }}
  resources:
    {{- toYaml .Values.migrations.resources | nindent 4 }}
  volumeMounts:
    - {name: catalog, mountPath: /etc/entitled/catalog, readOnly: true}
{{- end -}}

{{- define "entitled.serverVolumes" -}}
{{- $v := .Values -}}
{{- $fullname := include "entitled.fullname" . -}}
{{ include "entitled.tmpVolume" . }}
{{- if eq $v.database.engine "sqlite" }}
- name: data
  {{- with $v.database.sqlite.persistence }}
  {{- if .enabled }}
  persistentVolumeClaim: {claimName: {{ default (printf "%s-data" $fullname) .existingClaim | quote }}}
  {{- else }}
  emptyDir: {}
  {{- end }}
  {{- end }}
{{- else }}
{{- include "entitled.databaseVolumes" (dict "root" . "migration" false) }}
{{- if and (eq (include "entitled.migration" .) "initContainer") $v.migrations.existingSecret }}
{{- include "entitled.databaseVolumes" (dict "root" . "migration" true) }}
{{- end }}
{{- include "entitled.databaseCaVolume" . }}
{{- end }}
{{- if $v.tls.enabled }}
{{ include "entitled.secretVolume" (dict "name" "tls" "secret" (include "entitled.tlsSecret" .) "items" (dict "tls.crt" "tls.crt" "tls.key" "tls.key")) }}
{{- if ne $v.tls.clientAuth "none" }}
{{ include "entitled.secretVolume" (dict "name" "tls-client-ca" "secret" $v.tls.clientCA.existingSecret "items" (dict $v.tls.clientCA.key "ca.crt")) }}
{{- end }}
{{- end }}
{{- range $name := list "tokens" "certificates" }}
{{- $file := get $v.auth $name }}
{{- $key := printf "%s.toml" $name }}
{{- if $file.existingSecret }}
{{ include "entitled.secretVolume" (dict "name" $name "secret" $file.existingSecret "items" (dict $file.key $key)) }}
{{- else if $file.content }}
{{ include "entitled.secretVolume" (dict "name" $name "secret" $fullname "items" (dict $key $key)) }}
{{- end }}
{{- end }}
{{- if include "entitled.catalogFiles" . }}
- name: catalog
  configMap: {name: {{ default (printf "%s-catalog" $fullname) $v.catalog.existingConfigMap | quote }}}
{{- end }}
{{- with $v.extraVolumes }}
{{ tpl (toYaml .) $ }}
{{- end }}
{{- end -}}
