{{/* Parts of pods: of the server, the migration, the ledger's verification and the tests. */}}

{{- define "entitled.podBasics" -}}
enableServiceLinks: false
securityContext:
  {{- toYaml .Values.podSecurityContext | nindent 2 }}
{{- with concat .Values.global.imagePullSecrets .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with .Values.runtimeClassName }}
runtimeClassName: {{ . | quote }}
{{- end }}
{{- with .Values.hostAliases }}
hostAliases:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.dnsConfig }}
dnsConfig:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "entitled.containerBasics" -}}
image: {{ include "entitled.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  {{- toYaml .Values.securityContext | nindent 2 }}
{{- end -}}

{{- define "entitled.tmpVolume" -}}
- name: tmp
  emptyDir: {sizeLimit: {{ .Values.tmpSizeLimit | quote }}}
{{- end -}}

{{/* A Secret as a volume, of which only the named keys are mounted. */}}
{{- define "entitled.secretVolume" -}}
- name: {{ .name }}
  secret:
    secretName: {{ .secret | quote }}
    defaultMode: 0440
    items:
      {{- range $key, $path := .items }}
      - {key: {{ $key | quote }}, path: {{ $path | quote }}}
      {{- end }}
{{- end -}}

{{/* The variables that name the database: a dict with root and migration (whether it is for the migration). */}}
{{- define "entitled.databaseEnv" -}}
{{- $pg := .root.Values.database.postgres -}}
{{- if and .migration .root.Values.migrations.existingSecret }}
- {name: ENTITLED_DATABASE_URL_FILE, value: /etc/entitled/migration/url}
{{- else if or $pg.existingSecret $pg.url }}
- {name: ENTITLED_DATABASE_URL_FILE, value: /etc/entitled/database/url}
{{- else }}
{{- $user := urlquery $pg.user | replace "+" "%20" -}}
{{- $name := urlquery $pg.name | replace "+" "%20" -}}
{{- $host := ternary (printf "[%s]" $pg.host) $pg.host (contains ":" $pg.host) -}}
{{- $ca := ternary "&sslrootcert=/etc/entitled/database-ca/ca.crt" "" (and (ne $pg.caSecret.name "") (eq $pg.sslMode "verify-full")) }}
- name: ENTITLED_DATABASE_URL
  value: {{ printf "postgres://%s@%s:%d/%s?sslmode=%s%s" $user $host (int $pg.port) $name $pg.sslMode $ca | quote }}
{{- with $pg.passwordSecret.name }}
- name: PGPASSWORD
  valueFrom:
    secretKeyRef: {name: {{ . | quote }}, key: {{ $pg.passwordSecret.key | quote }}}
{{- end }}
{{- end }}
{{- end -}}

{{- define "entitled.databaseVolumes" -}}
{{- $pg := .root.Values.database.postgres -}}
{{- $migrations := .root.Values.migrations -}}
{{- if and .migration $migrations.existingSecret }}
{{ include "entitled.secretVolume" (dict "name" "migration" "secret" $migrations.existingSecret "items" (dict $migrations.existingSecretKey "url")) }}
{{- else if $pg.existingSecret }}
{{ include "entitled.secretVolume" (dict "name" "database" "secret" $pg.existingSecret "items" (dict $pg.existingSecretKey "url")) }}
{{- else if $pg.url }}
{{ include "entitled.secretVolume" (dict "name" "database" "secret" (include "entitled.fullname" .root) "items" (dict "database-url" "url")) }}
{{- end }}
{{- end -}}

{{- define "entitled.databaseCaVolume" -}}
{{- with .Values.database.postgres.caSecret }}
{{- if .name }}
{{ include "entitled.secretVolume" (dict "name" "database-ca" "secret" .name "items" (dict .key "ca.crt")) }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "entitled.databaseMounts" -}}
{{- $pg := .root.Values.database.postgres -}}
{{- if and .migration .root.Values.migrations.existingSecret }}
- {name: migration, mountPath: /etc/entitled/migration, readOnly: true}
{{- else if or $pg.existingSecret $pg.url }}
- {name: database, mountPath: /etc/entitled/database, readOnly: true}
{{- end }}
{{- if $pg.caSecret.name }}
- {name: database-ca, mountPath: /etc/entitled/database-ca, readOnly: true}
{{- end }}
{{- end -}}

{{/* The container that migrates PostgreSQL; the server's settings are none of its business. */}}
{{- define "entitled.migrationContainer" -}}
- name: migrate
  {{- include "entitled.containerBasics" . | nindent 2 }}
  args: [migrate]
  env:
    {{- include "entitled.databaseEnv" (dict "root" . "migration" true) | trim | nindent 4 }}
  resources:
    {{- toYaml .Values.migrations.resources | nindent 4 }}
  volumeMounts:
    - {name: tmp, mountPath: /tmp}
    {{- include "entitled.databaseMounts" (dict "root" . "migration" true) | trim | nindent 4 }}
{{- end -}}

{{/* A client of the server: a dict with root, name and args. */}}
{{- define "entitled.clientContainer" -}}
{{- $client := .root.Values.client -}}
- name: {{ .name }}
  {{- include "entitled.containerBasics" .root | nindent 2 }}
  args: {{ concat .args (ternary (list "--insecure") list (and (not .root.Values.tls.enabled) (ne $client.tokenSecret.name ""))) | toJson }}
  env:
    - {name: ENTITLED_ADDRESS, value: {{ include "entitled.clientAddress" .root | quote }}}
    {{- if and .root.Values.tls.enabled (not $client.ca.system) }}
    - {name: ENTITLED_CA, value: /etc/entitled/client-ca/ca.crt}
    {{- end }}
    {{- if $client.certificateSecret }}
    - {name: ENTITLED_CERT, value: /etc/entitled/client-certificate/tls.crt}
    - {name: ENTITLED_KEY, value: /etc/entitled/client-certificate/tls.key}
    {{- end }}
    {{- if $client.tokenSecret.name }}
    - {name: ENTITLED_TOKEN_FILE, value: /etc/entitled/client-token/token}
    {{- end }}
  resources:
    {{- toYaml .root.Values.ledgerVerify.resources | nindent 4 }}
  volumeMounts:
    - {name: tmp, mountPath: /tmp}
    {{- if and .root.Values.tls.enabled (not $client.ca.system) }}
    - {name: client-ca, mountPath: /etc/entitled/client-ca, readOnly: true}
    {{- end }}
    {{- if $client.certificateSecret }}
    - {name: client-certificate, mountPath: /etc/entitled/client-certificate, readOnly: true}
    {{- end }}
    {{- if $client.tokenSecret.name }}
    - {name: client-token, mountPath: /etc/entitled/client-token, readOnly: true}
    {{- end }}
{{- end -}}

{{- define "entitled.clientVolumes" -}}
{{- $client := .Values.client -}}
{{ include "entitled.tmpVolume" . }}
{{- if and .Values.tls.enabled (not $client.ca.system) }}
{{- $own := eq $client.ca.secret "" }}
{{ include "entitled.secretVolume" (dict "name" "client-ca" "secret" (default (include "entitled.tlsSecret" .) $client.ca.secret) "items" (dict (ternary "ca.crt" $client.ca.key $own) "ca.crt")) }}
{{- end }}
{{- if $client.certificateSecret }}
{{ include "entitled.secretVolume" (dict "name" "client-certificate" "secret" $client.certificateSecret "items" (dict "tls.crt" "tls.crt" "tls.key" "tls.key")) }}
{{- end }}
{{- if $client.tokenSecret.name }}
{{ include "entitled.secretVolume" (dict "name" "client-token" "secret" $client.tokenSecret.name "items" (dict $client.tokenSecret.key "token")) }}
{{- end }}
{{- end -}}
