/// One cluster's API server, how to reach it and who calls.
public struct KubernetesConfiguration: Sendable {
  /// The address, `https://host:port`.
  public let server: String
  /// The namespace that the context or the service account names; `default` when it names none.
  public let namespace: String
  let trust: Trust
  let credential: Credential
  /// Reads anew where all this comes from; nil where it comes from no file.
  var source: (@Sendable () throws -> KubernetesConfiguration)?
  /// The files that this comes from, for people; empty where it comes from none.
  var origin = ""

  /// The most connections for calls, 1 or more. Watches have their own.
  public var maximumConnections = 64
  /// How long a connection may take to come up.
  public var connectTimeout: Duration = .seconds(5)
  /// How long a call may take, retries included, when the caller does not say.
  public var callTimeout: Duration = .seconds(30)
  /// When a failed call is tried again.
  public var retry = RetryPolicy()
  /// The longest answer, and the longest line of a watch, in bytes.
  public var maximumResponseBytes = 64 << 20
  /// After how many objects no further page of a list is asked for, and the list fails.
  public var maximumListedObjects = 1_000_000
  /// What the server's audit log shows as the caller's program.
  public var userAgent = "regie-region-agent"
  /// How old a token file's content may be before it is read again, and how long certificates are not read again after
  /// they were.
  public var tokenRefresh: Duration = .seconds(10)

  init(server: String, namespace: String, trust: Trust, credential: Credential) {
    self.server = server
    self.namespace = namespace
    self.trust = trust
    self.credential = credential
  }
}

extension KubernetesConfiguration: CustomStringConvertible {
  /// The address and the way of authentication, without secrets.
  public var description: String {
    let method =
      switch credential {
      case .none: "no credential"
      case .token: "token"
      case .tokenFile(let path): "token file \(path)"
      case .certificate: "client certificate"
      }
    return "\(server) (\(method))"
  }
}
