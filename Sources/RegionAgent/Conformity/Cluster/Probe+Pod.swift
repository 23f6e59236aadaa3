import Events
import Kubernetes

extension Probe {
  static let hostVolume = "host"
  /// Any port below 1024 would do; policies are about “privileged” ports, of which this is the one most asked for.
  static let lowPort = 80

  /// What is offered.
  func pod(in namespace: String) -> Pod {
    var security = Container.SecurityContext(
      runAsNonRoot: true, runAsUser: 10_001, allowPrivilegeEscalation: false,
      capabilities: Container.Capabilities(drop: ["ALL"]), seccompProfile: Pod.SeccompProfile(type: "RuntimeDefault"))
    var container = Container(
      name: "probe", image: "registry.invalid/regie/probe:none", ports: [Container.Port(containerPort: 8080)],
      resources: Container.Resources(
        requests: ["cpu": "10m", "memory": "16Mi"], limits: ["cpu": "10m", "memory": "16Mi"]))
    var volumes: [Pod.Volume]?
    switch self {
    case .control: break
    case .breaking(.root):
      (security.runAsNonRoot, security.runAsUser) = (nil, 0)
    case .breaking(.unspecifiedUser):
      (security.runAsNonRoot, security.runAsUser) = (nil, nil)
    case .breaking(.capabilities):
      security.capabilities = Container.Capabilities(add: ["NET_ADMIN"], drop: ["ALL"])
    case .breaking(.hostPath):
      volumes = [Pod.Volume(name: Self.hostVolume, hostPath: Pod.Volume.HostPath(path: "/var/log"))]
      container.volumeMounts = [Container.VolumeMount(name: Self.hostVolume, mountPath: "/host")]
    case .breaking(.lowPort):
      container.ports = [Container.Port(containerPort: Self.lowPort)]
    }
    container.securityContext = security
    return Pod(
      metadata: ObjectMeta(name: name, namespace: namespace),
      spec: Pod.Spec(
        containers: [container], volumes: volumes, restartPolicy: "Never", automountServiceAccountToken: false))
  }

  /// Whether a pod, as the server would store it, still breaks the probe's rule. Admission may change what it lets in: a
  /// cluster that gives pods without a user one that is not root enforces the rule as well as one that refuses them.
  func isBroken(by pod: Pod) -> Bool {
    guard case .breaking(let rule) = self else { return false }
    let containers = pod.spec?.containers ?? []
    switch rule {
    case .root, .unspecifiedUser: return containers.contains { mayBeRoot($0, in: pod) }
    case .capabilities: return containers.contains { $0.securityContext?.capabilities?.add?.isEmpty == false }
    case .hostPath: return (pod.spec?.volumes ?? []).contains { $0.hostPath != nil }
    case .lowPort: return containers.contains { ($0.ports ?? []).contains { $0.containerPort < 1024 } }
    }
  }

  /// A container's settings go before the pod's. The kubelet refuses root where `runAsNonRoot` holds.
  private func mayBeRoot(_ container: Container, in pod: Pod) -> Bool {
    let user = container.securityContext?.runAsUser ?? pod.spec?.securityContext?.runAsUser
    let isNonRoot = container.securityContext?.runAsNonRoot ?? pod.spec?.securityContext?.runAsNonRoot ?? false
    return user.map { $0 == 0 } ?? true ? !isNonRoot : false
  }
}
