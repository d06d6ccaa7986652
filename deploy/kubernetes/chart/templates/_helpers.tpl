{{- define "hob.labels" -}}
    app.kubernetes.io/name: hob
    app.kubernetes.io/instance: {{ .Release.Name }}
    app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
    app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- /* What lives in namespaces. A test keeps this list and the next one equal to what Hob reads. */ -}}
{{- define "hob.namespacedRules" }}
  - apiGroups: [""]
    resources: [events, persistentvolumeclaims, pods, serviceaccounts, services]
    verbs: [get, list, watch]
  - apiGroups: [apps]
    resources: [daemonsets, deployments, replicasets, statefulsets]
    verbs: [get, list, watch]
  - apiGroups: [batch]
    resources: [cronjobs, jobs]
    verbs: [get, list, watch]
  - apiGroups: [discovery.k8s.io]
    resources: [endpointslices]
    verbs: [get, list, watch]
  - apiGroups: [networking.k8s.io]
    resources: [ingresses]
    verbs: [get, list, watch]
  - apiGroups: [traefik.io, traefik.containo.us]
    resources: [ingressroutes, ingressroutetcps, ingressrouteudps, middlewares, traefikservices]
    verbs: [get, list, watch]
  - apiGroups: [gateway.networking.k8s.io]
    resources: [gateways, grpcroutes, httproutes, referencegrants, tlsroutes]
    verbs: [get, list, watch]
  - apiGroups: [cert-manager.io]
    resources: [certificaterequests, certificates, issuers]
    verbs: [get, list, watch]
  - apiGroups: [acme.cert-manager.io]
    resources: [challenges, orders]
    verbs: [get, list, watch]
  - apiGroups: [argoproj.io]
    resources: [applications, applicationsets]
    verbs: [get, list, watch]
  - apiGroups: [source.toolkit.fluxcd.io]
    resources: [buckets, gitrepositories, helmcharts, helmrepositories, ocirepositories]
    verbs: [get, list, watch]
  - apiGroups: [kustomize.toolkit.fluxcd.io]
    resources: [kustomizations]
    verbs: [get, list, watch]
  - apiGroups: [helm.toolkit.fluxcd.io]
    resources: [helmreleases]
    verbs: [get, list, watch]
  - apiGroups: [helm.cattle.io]
    resources: [helmcharts]
    verbs: [get, list, watch]
  - apiGroups: [postgresql.cnpg.io]
    resources: [backups, clusters, scheduledbackups]
    verbs: [get, list, watch]
  - apiGroups: [volsync.backube]
    resources: [replicationdestinations, replicationsources]
    verbs: [get, list, watch]
{{- if .Values.readLogs }}
  # The last lines of containers that crash.
  - apiGroups: [""]
    resources: [pods/log]
    verbs: [get]
{{- end }}
{{- if .Values.readSecrets }}
  # Pull credentials and TLS certificates; RBAC knows no types.
  - apiGroups: [""]
    resources: [secrets]
    verbs: [get, list, watch]
{{- end }}
{{- end -}}
