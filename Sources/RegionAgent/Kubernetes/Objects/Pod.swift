/// A pod, as far as probes of a cluster's admission need it.
public struct Pod: KubernetesObject, Hashable {
  /// Pods.
  public static let resource = APIResource.pods

  /// What to run.
  public struct Spec: Sendable, Hashable, Codable {
    /// The containers.
    public var containers: [Container]
    /// The volumes.
    public var volumes: [Volume]?
    /// `Always`, `OnFailure` or `Never`.
    public var restartPolicy: String?
    /// Whether the pod sees the host's network.
    public var hostNetwork: Bool?
    /// Whether a token of the service account is mounted.
    public var automountServiceAccountToken: Bool?
    /// Security settings of all containers.
    public var securityContext: PodSecurityContext?

    /// What to run.
    public init(
      containers: [Container], volumes: [Volume]? = nil, restartPolicy: String? = nil, hostNetwork: Bool? = nil,
      automountServiceAccountToken: Bool? = nil, securityContext: PodSecurityContext? = nil
    ) {
      self.containers = containers
      self.volumes = volumes
      self.restartPolicy = restartPolicy
      self.hostNetwork = hostNetwork
      self.automountServiceAccountToken = automountServiceAccountToken
      self.securityContext = securityContext
    }
  }

  /// How it runs.
  public struct Status: Sendable, Hashable, Codable {
    /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`.
    public var phase: String?
  }

  /// Metadata.
  public var metadata: ObjectMeta
  /// What to run.
  public var spec: Spec?
  /// How it runs.
  public var status: Status?

  /// A pod.
  public init(metadata: ObjectMeta, spec: Spec? = nil) {
    self.metadata = metadata
    self.spec = spec
  }
}

extension Pod {
  /// A volume.
  public struct Volume: Sendable, Hashable, Codable {
    /// A folder of the host.
    public struct HostPath: Sendable, Hashable, Codable {
      /// Its path.
      public var path: String

      /// A folder.
      public init(path: String) { self.path = path }
    }

    /// Its name.
    public var name: String
    /// A folder of the host.
    public var hostPath: HostPath?

    /// A volume.
    public init(name: String, hostPath: HostPath? = nil) {
      self.name = name
      self.hostPath = hostPath
    }
  }

  /// Security settings of all containers of a pod.
  public struct PodSecurityContext: Sendable, Hashable, Codable {
    /// Whether user 0 is refused.
    public var runAsNonRoot: Bool?
    /// The user id.
    public var runAsUser: Int?
    /// The seccomp profile.
    public var seccompProfile: SeccompProfile?

    /// Settings.
    public init(runAsNonRoot: Bool? = nil, runAsUser: Int? = nil, seccompProfile: SeccompProfile? = nil) {
      self.runAsNonRoot = runAsNonRoot
      self.runAsUser = runAsUser
      self.seccompProfile = seccompProfile
    }
  }

  /// A seccomp profile.
  public struct SeccompProfile: Sendable, Hashable, Codable {
    /// `RuntimeDefault`, `Unconfined` or `Localhost`.
    public var type: String

    /// A profile.
    public init(type: String) { self.type = type }
  }
}
