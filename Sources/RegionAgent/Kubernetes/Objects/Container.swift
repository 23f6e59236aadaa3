/// A container of a pod.
public struct Container: Sendable, Hashable, Codable {
  /// Its name.
  public var name: String
  /// Its image.
  public var image: String
  /// The command, in place of the image's.
  public var command: [String]?
  /// Ports.
  public var ports: [Port]?
  /// Requests and limits.
  public var resources: Resources?
  /// Mounted volumes.
  public var volumeMounts: [VolumeMount]?
  /// Security settings.
  public var securityContext: SecurityContext?

  /// A container.
  public init(
    name: String, image: String, command: [String]? = nil, ports: [Port]? = nil, resources: Resources? = nil,
    volumeMounts: [VolumeMount]? = nil, securityContext: SecurityContext? = nil
  ) {
    self.name = name
    self.image = image
    self.command = command
    self.ports = ports
    self.resources = resources
    self.volumeMounts = volumeMounts
    self.securityContext = securityContext
  }
}

extension Container {
  /// A port.
  public struct Port: Sendable, Hashable, Codable {
    /// The container's port, 1…65535.
    public var containerPort: Int
    /// The host's port, 1…65535.
    public var hostPort: Int?

    /// A port.
    public init(containerPort: Int, hostPort: Int? = nil) {
      self.containerPort = containerPort
      self.hostPort = hostPort
    }
  }

  /// Kubernetes quantities by resource name.
  public struct Resources: Sendable, Hashable, Codable {
    /// What is reserved.
    public var requests: [String: String]?
    /// What is the most.
    public var limits: [String: String]?

    /// Requests and limits.
    public init(requests: [String: String]? = nil, limits: [String: String]? = nil) {
      self.requests = requests
      self.limits = limits
    }
  }

  /// A volume at a place.
  public struct VolumeMount: Sendable, Hashable, Codable {
    /// The volume.
    public var name: String
    /// The place.
    public var mountPath: String

    /// A mount.
    public init(name: String, mountPath: String) {
      self.name = name
      self.mountPath = mountPath
    }
  }

  /// Linux capabilities by name, without `CAP_`.
  public struct Capabilities: Sendable, Hashable, Codable {
    /// Added ones.
    public var add: [String]?
    /// Dropped ones.
    public var drop: [String]?

    /// Capabilities.
    public init(add: [String]? = nil, drop: [String]? = nil) {
      self.add = add
      self.drop = drop
    }
  }

  /// Security settings.
  public struct SecurityContext: Sendable, Hashable, Codable {
    /// Whether user 0 is refused.
    public var runAsNonRoot: Bool?
    /// The user id.
    public var runAsUser: Int?
    /// Whether the container has the host's rights.
    public var privileged: Bool?
    /// Whether a process may gain more rights than its parent.
    public var allowPrivilegeEscalation: Bool?
    /// Whether the root file system cannot be written.
    public var readOnlyRootFilesystem: Bool?
    /// Capabilities.
    public var capabilities: Capabilities?
    /// The seccomp profile.
    public var seccompProfile: Pod.SeccompProfile?

    /// Settings.
    public init(
      runAsNonRoot: Bool? = nil, runAsUser: Int? = nil, privileged: Bool? = nil,
      allowPrivilegeEscalation: Bool? = nil, readOnlyRootFilesystem: Bool? = nil, capabilities: Capabilities? = nil,
      seccompProfile: Pod.SeccompProfile? = nil
    ) {
      self.runAsNonRoot = runAsNonRoot
      self.runAsUser = runAsUser
      self.privileged = privileged
      self.allowPrivilegeEscalation = allowPrivilegeEscalation
      self.readOnlyRootFilesystem = readOnlyRootFilesystem
      self.capabilities = capabilities
      self.seccompProfile = seccompProfile
    }
  }
}
