{{/* Values that contradict each other, or that are missing: all of them at once, each with what to do. */}}
{{- define "entitled.validate" -}}
{{- $v := .Values -}}
{{- $wrong := list -}}
{{- $postgres := eq $v.database.engine "postgres" -}}
{{- $pg := $v.database.postgres -}}

{{- range $format := .Files.Get "formats.yaml" | fromYamlArray -}}
{{- range $path := $format.values -}}
{{- $value := $v -}}
{{- range splitList "." $path }}{{ $value = get (ternary $value dict (kindIs "map" $value)) . }}{{ end -}}
{{- $text := ternary "" (toString $value) (kindIs "invalid" $value) -}}
{{- if not (regexMatch $format.pattern $text) }}{{ $wrong = append $wrong (printf "%s: %q: %s" $path $text $format.say) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- range $name := list "commonLabels" "podLabels" -}}
{{- range $label, $_ := get $v $name -}}
{{- if regexMatch "^(app\\.kubernetes\\.io|helm\\.sh)/" $label }}{{ $wrong = append $wrong (printf "%s: %s is the chart's own, by which pods are found; choose another label" $name $label) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- if eq (int $v.grpc.port) (int $v.metrics.port) }}{{ $wrong = append $wrong "grpc.port and metrics.port are the same; choose another for one of them" }}{{ end -}}

{{- if not $postgres -}}
{{- if gt (include "entitled.replicas" . | int) 1 }}{{ $wrong = append $wrong "replicaCount: SQLite is for one process; set replicaCount to 1, or database.engine to postgres" }}{{ end -}}
{{- if include "entitled.autoscaled" . }}{{ $wrong = append $wrong "autoscaling.enabled, keda.enabled: SQLite is for one process; turn both off, or set database.engine to postgres" }}{{ end -}}
{{- if ne $v.migrations.mode "auto" }}{{ $wrong = append $wrong "migrations.mode: SQLite is migrated by the server itself; leave it at auto" }}{{ end -}}
{{- if or $pg.existingSecret $pg.url $pg.host }}{{ $wrong = append $wrong "database.postgres: it is set and database.engine is sqlite; set database.engine to postgres" }}{{ end -}}
{{- else -}}
{{- $ways := 0 -}}
{{- range list $pg.existingSecret $pg.url $pg.host }}{{ if . }}{{ $ways = add $ways 1 }}{{ end }}{{ end -}}
{{- if eq (int $ways) 0 }}{{ $wrong = append $wrong "database.postgres: nothing says where PostgreSQL is; set existingSecret to the name of a Secret with its URL, or host" }}{{ end -}}
{{- if gt (int $ways) 1 }}{{ $wrong = append $wrong "database.postgres: existingSecret, url and host are three ways to say the same; keep one" }}{{ end -}}
{{- if and (eq $v.migrations.mode "job") $pg.url (not $v.migrations.existingSecret) }}{{ $wrong = append $wrong "migrations.mode: the job runs before the chart's Secret with database.postgres.url exists; use existingSecret, or the mode initContainer" }}{{ end -}}
{{- end -}}

{{- if and (eq $v.strategy.type "Recreate") $v.strategy.rollingUpdate $postgres }}{{ $wrong = append $wrong "strategy: Recreate has no rollingUpdate; set strategy.rollingUpdate to null" }}{{ end -}}
{{- if and $v.autoscaling.enabled $v.keda.enabled }}{{ $wrong = append $wrong "autoscaling.enabled and keda.enabled: two autoscalers would fight; keep one" }}{{ end -}}
{{- range $name := list "autoscaling" "keda" -}}
{{- $scaler := get $v $name -}}
{{- if and $scaler.enabled (gt (int $scaler.minReplicas) (int $scaler.maxReplicas)) }}{{ $wrong = append $wrong (printf "%s.minReplicas: %d is more than maxReplicas, %d; raise maxReplicas" $name (int $scaler.minReplicas) (int $scaler.maxReplicas)) }}{{ end -}}
{{- end -}}
{{- if and $v.keda.enabled (not $v.keda.triggers) }}{{ $wrong = append $wrong "keda.triggers: without one nothing scales; add a trigger, or use autoscaling" }}{{ end -}}

{{- $tls := $v.tls -}}
{{- if $tls.enabled -}}
{{- if and (not $tls.existingSecret) (not $tls.certManager.issuerRef.name) }}{{ $wrong = append $wrong "tls: there is no certificate; set tls.certManager.issuerRef.name to an issuer of cert-manager, or tls.existingSecret, or tls.enabled to false where a mesh encrypts" }}{{ end -}}
{{- if and $tls.existingSecret $tls.certManager.issuerRef.name }}{{ $wrong = append $wrong "tls: existingSecret and certManager.issuerRef.name are two certificates; keep one" }}{{ end -}}
{{- if eq $v.probes.type "grpc" }}{{ $wrong = append $wrong "probes.type: the kubelet's gRPC probe speaks no TLS; use auto or http" }}{{ end -}}
{{- end -}}
{{- if and (ne $tls.clientAuth "none") (not $tls.enabled) }}{{ $wrong = append $wrong "tls.clientAuth: certificates of callers need TLS; set tls.enabled to true" }}{{ end -}}
{{- if and (ne $tls.clientAuth "none") (not $tls.clientCA.existingSecret) }}{{ $wrong = append $wrong "tls.clientCA.existingSecret: nothing says whose certificates are good; name a Secret with their authorities" }}{{ end -}}

{{- $auth := $v.auth -}}
{{- $means := or $auth.oidc.issuer $auth.tokens.existingSecret $auth.tokens.content $auth.certificates.existingSecret $auth.certificates.content -}}
{{- if and (eq $auth.mode "required") (not $means) }}{{ $wrong = append $wrong "auth: nothing says who may call; set auth.oidc.issuer and auth.oidc.audience, auth.tokens or auth.certificates" }}{{ end -}}
{{- if and (eq $auth.mode "none") (not $auth.allowInsecure) }}{{ $wrong = append $wrong "auth.mode: none lets whoever reaches the port write contracts; set auth.allowInsecure to true if that is meant" }}{{ end -}}
{{- if and (eq $auth.mode "none") $means }}{{ $wrong = append $wrong "auth.mode: none contradicts auth.oidc, auth.tokens and auth.certificates; leave one out" }}{{ end -}}
{{- if and $auth.oidc.issuer (not $auth.oidc.audience) }}{{ $wrong = append $wrong "auth.oidc.audience: tokens made for others would be believed; set the audience that the issuer gives to this service" }}{{ end -}}
{{- if and $auth.oidc.audience (not $auth.oidc.issuer) }}{{ $wrong = append $wrong "auth.oidc.issuer: it is missing beside auth.oidc.audience" }}{{ end -}}
{{- range $name := list "tokens" "certificates" -}}
{{- $file := get $auth $name -}}
{{- if and $file.existingSecret $file.content }}{{ $wrong = append $wrong (printf "auth.%s: existingSecret and content are two files; keep one" $name) }}{{ end -}}
{{- end -}}
{{- if and (or $auth.certificates.existingSecret $auth.certificates.content) (eq $tls.clientAuth "none") }}{{ $wrong = append $wrong "auth.certificates: callers show no certificates; set tls.clientAuth to optional or required" }}{{ end -}}

{{- $lameDuck := include "entitled.milliseconds" $v.shutdown.lameDuck | int -}}
{{- $drain := include "entitled.milliseconds" $v.shutdown.drainTimeout | int -}}
{{- $needed := add (mul (int $v.shutdown.preStopSleepSeconds) 1000) $lameDuck $drain 8000 -}}
{{- $grace := int $v.terminationGracePeriodSeconds -}}
{{- if and (ge $lameDuck 0) (ge $drain 0) (le (mul $grace 1000) $needed) }}{{ $wrong = append $wrong (printf "terminationGracePeriodSeconds: %d s would end pods in the middle; it must be more than preStopSleepSeconds, lameDuck, drainTimeout and 8 s, together %d s" $grace (div (add $needed 999) 1000)) }}{{ end -}}
{{- if and $v.shutdown.preStopSleepSeconds (not (semverCompare ">=1.30.0-0" .Capabilities.KubeVersion.Version)) }}{{ $wrong = append $wrong "shutdown.preStopSleepSeconds: the kubelet sleeps from Kubernetes 1.30 on; set it to 0, shutdown.lameDuck does the same" }}{{ end -}}
{{- $catalog := $v.catalog -}}
{{- if and $catalog.files $catalog.existingConfigMap }}{{ $wrong = append $wrong "catalog: files and existingConfigMap are two sources; keep one" }}{{ end -}}
{{- if and $catalog.existingConfigMap (not $catalog.keys) }}{{ $wrong = append $wrong "catalog.keys: name the files of catalog.existingConfigMap in their order" }}{{ end -}}
{{- if and $catalog.alone (not (or $catalog.files $catalog.existingConfigMap)) }}{{ $wrong = append $wrong "catalog.alone: there is no file that could stand alone; add one to catalog.files, or set catalog.alone to false" }}{{ end -}}
{{- if and $catalog.keys (not $catalog.existingConfigMap) }}{{ $wrong = append $wrong "catalog.keys: they are of catalog.existingConfigMap, which is missing" }}{{ end -}}

{{- if and $v.ingress.enabled (not $v.ingress.hosts) }}{{ $wrong = append $wrong "ingress.hosts: name a host, such as entitled.example.org" }}{{ end -}}
{{- if and $v.gatewayApi.grpcRoute.enabled (not $v.gatewayApi.grpcRoute.parentRefs) }}{{ $wrong = append $wrong "gatewayApi.grpcRoute.parentRefs: name the gateway of the route" }}{{ end -}}
{{- if and $v.serviceMonitor.enabled $v.podMonitor.enabled }}{{ $wrong = append $wrong "serviceMonitor.enabled and podMonitor.enabled: everything would be counted twice; keep one" }}{{ end -}}
{{- if and (include "entitled.scraped" .) $v.networkPolicy.enabled (not $v.networkPolicy.metricsFrom) }}{{ $wrong = append $wrong "networkPolicy.metricsFrom: Prometheus could not read the metrics; name it, such as [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}}]" }}{{ end -}}
{{- range $name := list "serviceMonitor" "podMonitor" -}}
{{- $monitor := get $v $name -}}
{{- if and $monitor.tlsConfig (ne $monitor.scheme "https") }}{{ $wrong = append $wrong (printf "%s.tlsConfig: it needs %s.scheme https" $name $name) }}{{ end -}}
{{- end -}}
{{- if and $v.ledgerVerify.enabled (not (include "entitled.clientMay" .)) }}{{ $wrong = append $wrong "ledgerVerify: calls need credentials; set client.tokenSecret.name to a Secret with a token of the role reader for all customers, or client.certificateSecret" }}{{ end -}}
{{- if and (eq $tls.clientAuth "required") $v.ledgerVerify.enabled (not $v.client.certificateSecret) }}{{ $wrong = append $wrong "client.certificateSecret: tls.clientAuth is required, so ledgerVerify must show a certificate" }}{{ end -}}
{{- range $name := keys $v.prometheusRule.rules | sortAlpha -}}
{{- if not (has $name (splitList " " (include "entitled.alertNames" $))) }}{{ $wrong = append $wrong (printf "prometheusRule.rules.%s: there is no such alert; there are %s" $name (include "entitled.alertNames" $ | replace " " ", ")) }}{{ end -}}
{{- end -}}

{{- if $wrong -}}
{{- fail (printf "\n\nWrong values:\n- %s\n" (join "\n- " $wrong)) -}}
{{- end -}}
{{- end -}}
