{{- define "wardline.name" -}}
{{- printf "%s" .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- end }}

{{- define "wardline.labels" -}}
app.kubernetes.io/name: wardline
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "wardline.selector" -}}
app.kubernetes.io/name: wardline
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* The settings with what the chart decides: where state lies, where the admin port listens. */}}
{{- define "wardline.settings" -}}
{{- $settings := deepCopy .Values.settings -}}
{{- if eq .Values.form "embedded" -}}
{{- $_ := set $settings "state" (dict "kind" "sqlite" "path" "/data/wardline.db") -}}
{{- else if not (hasKey $settings "transport") -}}
{{- fail "form: distributed needs settings.transport" -}}
{{- end -}}
{{- $admin := dict "publicProbes" .Values.admin.publicProbes -}}
{{- if .Values.admin.tlsSecret -}}
{{- $_ := set $admin "listen" (printf "0.0.0.0:%v" .Values.admin.port) -}}
{{- $_ := set $admin "tls" (dict "cert" "${file:/run/tls/tls.crt}" "key" "${file:/run/tls/tls.key}") -}}
{{- $_ := set $admin "hosts" (list (include "wardline.name" .) (printf "%s.%s.svc" (include "wardline.name" .) .Release.Namespace)) -}}
{{- else -}}
{{- $_ := set $admin "listen" (printf "127.0.0.1:%v" .Values.admin.port) -}}
{{- end -}}
{{- if .Values.secretFiles -}}
{{- $_ := set $admin "tokens" "/run/secrets/wardline/wardline-tokens.json" -}}
{{- end -}}
{{- $_ := set $settings "admin" (merge (default (dict) (get $settings "admin")) $admin) -}}
{{- toYaml $settings -}}
{{- end }}

{{- define "wardline.probe" -}}
{{- if .root.Values.admin.tlsSecret -}}
httpGet:
  path: {{ .path }}
  port: admin
  scheme: HTTPS
{{- else -}}
exec:
  command:
    - node
    - -e
    - fetch('http://127.0.0.1:{{ .root.Values.admin.port }}{{ .path }}').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))
{{- end -}}
{{- end }}

{{- define "wardline.pod" -}}
metadata:
  labels:
    {{- include "wardline.labels" . | nindent 4 }}
  annotations:
    checksum/settings: {{ include "wardline.settings" . | sha256sum }}
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets: {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    seccompProfile: { type: RuntimeDefault }
  containers:
    - name: wardline
      image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args: [run, --config, /etc/wardline/wardline.yaml]
      env:
        - name: NODE_OPTIONS
          value: --max-old-space-size={{ .Values.heapMiB }}
      {{- if .Values.envFromSecret }}
      envFrom:
        - secretRef: { name: {{ .Values.envFromSecret }} }
      {{- end }}
      ports:
        - { name: admin, containerPort: {{ .Values.admin.port }} }
      startupProbe:
        {{- include "wardline.probe" (dict "root" . "path" "/livez") | nindent 8 }}
        periodSeconds: 5
        timeoutSeconds: 5
        failureThreshold: 60
      livenessProbe:
        {{- include "wardline.probe" (dict "root" . "path" "/livez") | nindent 8 }}
        periodSeconds: 20
        timeoutSeconds: 10
        failureThreshold: 3
      readinessProbe:
        {{- include "wardline.probe" (dict "root" . "path" "/readyz") | nindent 8 }}
        periodSeconds: 15
        timeoutSeconds: 10
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: { drop: [ALL] }
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      volumeMounts:
        - { name: settings, mountPath: /etc/wardline, readOnly: true }
        - { name: tmp, mountPath: /tmp }
        - { name: data, mountPath: /data }
        {{- if .Values.secretFiles }}
        - { name: secrets, mountPath: /run/secrets/wardline, readOnly: true }
        {{- end }}
        {{- if .Values.admin.tlsSecret }}
        - { name: tls, mountPath: /run/tls, readOnly: true }
        {{- end }}
  volumes:
    - name: settings
      configMap: { name: {{ include "wardline.name" . }} }
    - name: tmp
      emptyDir: { sizeLimit: 64Mi }
    {{- if eq .Values.form "distributed" }}
    - name: data
      emptyDir: { sizeLimit: 64Mi }
    {{- end }}
    {{- if .Values.secretFiles }}
    - name: secrets
      secret: { secretName: {{ .Values.secretFiles }}, defaultMode: 0440 }
    {{- end }}
    {{- if .Values.admin.tlsSecret }}
    - name: tls
      secret: { secretName: {{ .Values.admin.tlsSecret }}, defaultMode: 0440 }
    {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
