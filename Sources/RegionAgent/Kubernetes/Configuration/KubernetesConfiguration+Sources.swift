import Foundation

extension KubernetesConfiguration {
  /// The configuration that kubeconfig files describe, merged as kubectl merges them.
  ///
  /// Supported: token, tokenFile, client certificate and key (files or inline), certificate authority (file or
  /// inline). While the client runs tokenFile is read again, and certificates are where one of the two does not believe
  /// the other; the rest is read once.
  ///
  /// - Parameters:
  ///   - paths: files; missing ones are skipped when another is there.
  ///   - context: nil for the current one.
  ///   - allowInsecure: whether `insecure-skip-tls-verify` and plain http beyond loopback are obeyed, not refused.
  /// - Throws: `ConfigurationError`.
  public static func kubeconfig(paths: [String], context: String? = nil, allowInsecure: Bool = false) throws -> Self {
    let source = paths.joined(separator: ":")
    let present = paths.filter { FileManager.default.fileExists(atPath: $0) }
    guard !present.isEmpty else {
      throw ConfigurationError(source: source.isEmpty ? "KUBECONFIG" : source, problem: "there is no such file")
    }
    var merged = Kubeconfig()
    for path in present {
      guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
        throw ConfigurationError(source: path, problem: "cannot be read as UTF-8 text")
      }
      try merged.merge(text, file: path)
    }
    let resolved = try merged.resolve(
      context: context, source: source, allowInsecure: allowInsecure, read: Self.contents(of:))
    var found = Self(
      server: resolved.server, namespace: resolved.namespace, trust: resolved.trust, credential: resolved.credential)
    found.origin = source
    found.source = { try Self.kubeconfig(paths: paths, context: context, allowInsecure: allowInsecure) }
    return found
  }

  /// The configuration of a pod: its service account's projected token and authority, read again as they are renewed.
  ///
  /// - Parameters:
  ///   - environment: holds `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT`.
  ///   - directory: where the service account is mounted.
  /// - Throws: `ConfigurationError`.
  public static func inCluster(
    environment: [String: String], directory: String = "/var/run/secrets/kubernetes.io/serviceaccount"
  ) throws -> Self {
    guard let host = environment["KUBERNETES_SERVICE_HOST"], !host.isEmpty else {
      throw ConfigurationError(source: "KUBERNETES_SERVICE_HOST", problem: "not set: this is no pod of a cluster")
    }
    let port = environment["KUBERNETES_SERVICE_PORT"] ?? "443"
    guard let number = UInt16(port), number > 0 else {
      throw ConfigurationError(source: "KUBERNETES_SERVICE_PORT", problem: "\(port) is no port; wants 1…65535")
    }
    func required(_ name: String) throws -> [UInt8] {
      guard let bytes = try? contents(of: "\(directory)/\(name)"), !bytes.isEmpty else {
        throw ConfigurationError(
          source: "\(directory)/\(name)", problem: "missing or empty; the pod needs a mounted service account")
      }
      return bytes
    }
    let authority = try required("ca.crt")
    _ = try required("token")
    let namespace = (try? contents(of: "\(directory)/namespace")).map {
      String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
    var found = Self(
      server: "https://\(host.contains(":") ? "[\(host)]" : host):\(number)", namespace: namespace ?? "default",
      trust: .authority(authority), credential: .tokenFile("\(directory)/token"))
    found.origin = directory
    found.source = { try Self.inCluster(environment: environment, directory: directory) }
    return found
  }

  /// A server on loopback that speaks plain http, as the simulated cluster does.
  ///
  /// - Throws: `ConfigurationError` when `url` is not on loopback.
  public static func plain(url: String, token: String? = nil) throws -> Self {
    let server = try ServerAddress.checked(url, source: "server", field: "", allowPlain: false)
    return Self(
      server: server, namespace: "default", trust: .system, credential: token.map { .token($0) } ?? .none)
  }

  /// The configuration of the surroundings: `KUBECONFIG`, else the pod's service account, else `~/.kube/config`.
  ///
  /// - Throws: `ConfigurationError`.
  public static func environment(
    _ environment: [String: String], context: String? = nil, allowInsecure: Bool = false
  ) throws -> Self {
    if let list = environment["KUBECONFIG"], !list.isEmpty {
      let paths = list.split(separator: ":").map(String.init)
      return try kubeconfig(paths: paths, context: context, allowInsecure: allowInsecure)
    }
    if environment["KUBERNETES_SERVICE_HOST"] != nil { return try inCluster(environment: environment) }
    guard let home = environment["HOME"] else {
      throw ConfigurationError(
        source: "KUBECONFIG", problem: "not set, nor KUBERNETES_SERVICE_HOST, nor HOME; set one of them")
    }
    return try kubeconfig(paths: ["\(home)/.kube/config"], context: context, allowInsecure: allowInsecure)
  }

  private static func contents(of path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
  }
}
