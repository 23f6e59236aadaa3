import Foundation

extension Kubeconfig {
  /// What one context stands for.
  struct Resolved: Sendable, Hashable {
    var server: String
    var namespace: String
    var trust: Trust
    var credential: Credential
  }

  /// Follows a context (the current one when nil) to its server and credential.
  ///
  /// - Parameter read: reads a file named by an absolute path.
  func resolve(
    context wanted: String?, source: String, allowInsecure: Bool, read: (String) throws -> [UInt8]
  ) throws -> Resolved {
    guard let name = wanted ?? currentContext else {
      throw ConfigurationError(
        source: source, field: "current-context",
        problem: "not set; set it or name one of \(Self.names(contexts.keys))")
    }
    guard let context = contexts[name] else {
      throw ConfigurationError(
        source: source, field: "contexts[\(name)]", problem: "not there; there are \(Self.names(contexts.keys))")
    }
    guard let cluster = clusters[context.value.cluster] else {
      throw ConfigurationError(
        source: context.file, field: "contexts[\(name)].context.cluster",
        problem: "no cluster \(context.value.cluster); there are \(Self.names(clusters.keys))")
    }
    var credential = Credential.none
    if let userName = context.value.user, !userName.isEmpty {
      guard let user = users[userName] else {
        throw ConfigurationError(
          source: context.file, field: "contexts[\(name)].context.user",
          problem: "no user \(userName); there are \(Self.names(users.keys))")
      }
      credential = try Self.credential(of: user, field: "users[\(userName)].user", read: read)
    }
    let field = "clusters[\(context.value.cluster)].cluster"
    return Resolved(
      server: try Self.server(of: cluster, field: field, allowInsecure: allowInsecure),
      namespace: context.value.namespace.flatMap { $0.isEmpty ? nil : $0 } ?? "default",
      trust: try Self.trust(of: cluster, field: field, allowInsecure: allowInsecure, read: read),
      credential: credential)
  }

  private static func names(_ names: some Sequence<String>) -> String {
    let list = names.sorted().joined(separator: ", ")
    return list.isEmpty ? "none" : list
  }

  private static func server(of cluster: Sourced<Cluster>, field: String, allowInsecure: Bool) throws -> String {
    for (name, value) in [("tls-server-name", cluster.value.tlsServerName), ("proxy-url", cluster.value.proxyURL)]
    where value?.isEmpty == false {
      throw ConfigurationError(
        source: cluster.file, field: "\(field).\(name)",
        problem: "not supported; the server must be reachable directly under a name in its certificate")
    }
    guard let server = cluster.value.server, !server.isEmpty else {
      throw ConfigurationError(
        source: cluster.file, field: "\(field).server", problem: "missing; wants https://HOST:PORT")
    }
    return try ServerAddress.checked(
      server, source: cluster.file, field: "\(field).server", allowPlain: allowInsecure)
  }

  private static func trust(
    of cluster: Sourced<Cluster>, field: String, allowInsecure: Bool, read: (String) throws -> [UInt8]
  ) throws -> Trust {
    if cluster.value.insecureSkipTLSVerify == true {
      guard allowInsecure else {
        throw ConfigurationError(
          source: cluster.file, field: "\(field).insecure-skip-tls-verify",
          problem: "refused: anyone could pose as the server; give certificate-authority or certificate-authority-data")
      }
      return .anyone
    }
    let pem = try bytes(
      data: cluster.value.certificateAuthorityData, path: cluster.value.certificateAuthority, file: cluster.file,
      field: "\(field).certificate-authority", read: read)
    return pem.map { .authority($0) } ?? .system
  }

  private static let userFields: Set<String> = [
    "token", "tokenFile", "client-certificate", "client-certificate-data", "client-key", "client-key-data",
  ]

  private static func credential(
    of user: Sourced<User>, field: String, read: (String) throws -> [UInt8]
  ) throws -> Credential {
    if let other = user.value.fields.subtracting(userFields).sorted().first {
      throw ConfigurationError(
        source: user.file, field: "\(field).\(other)",
        problem: "not supported; use token, tokenFile, or client-certificate(-data) with client-key(-data)")
    }
    let chain = try bytes(
      data: user.value.clientCertificateData, path: user.value.clientCertificate, file: user.file,
      field: "\(field).client-certificate", read: read)
    let key = try bytes(
      data: user.value.clientKeyData, path: user.value.clientKey, file: user.file, field: "\(field).client-key",
      read: read)
    // As kubectl: a token beside a certificate would be sent as well; one identity per user keeps audit logs clear.
    switch (chain, key, user.value.tokenFile, user.value.token) {
    case (let chain?, let key?, nil, nil): return .certificate(chain: chain, key: key)
    case (nil, nil, let path?, _): return .tokenFile(absolute(path, from: user.file))
    case (nil, nil, nil, let text?):
      guard let token = BearerToken.read(text) else {
        throw ConfigurationError(source: user.file, field: "\(field).token", problem: "wants \(BearerToken.accepted)")
      }
      return .token(token)
    case (nil, nil, nil, nil): return .none
    case (.some, nil, _, _):
      throw ConfigurationError(
        source: user.file, field: "\(field).client-key", problem: "missing beside the certificate")
    case (nil, .some, _, _):
      throw ConfigurationError(
        source: user.file, field: "\(field).client-certificate", problem: "missing beside the key")
    case (.some, .some, _, _):
      throw ConfigurationError(
        source: user.file, field: field, problem: "has a certificate and a token; keep one of them")
    }
  }

  /// Inline base64 wins over a file, as in kubectl.
  private static func bytes(
    data: String?, path: String?, file: String, field: String, read: (String) throws -> [UInt8]
  ) throws -> [UInt8]? {
    if let data, !data.isEmpty {
      guard let decoded = Data(base64Encoded: data, options: .ignoreUnknownCharacters), !decoded.isEmpty else {
        throw ConfigurationError(source: file, field: "\(field)-data", problem: "not base64 of a PEM file")
      }
      return [UInt8](decoded)
    }
    guard let path, !path.isEmpty else { return nil }
    do {
      return try read(absolute(path, from: file))
    } catch {
      throw ConfigurationError(source: file, field: field, problem: "\(absolute(path, from: file)) cannot be read")
    }
  }

  private static func absolute(_ path: String, from file: String) -> String {
    guard !path.hasPrefix("/") else { return path }
    return URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent(path).path
  }
}
