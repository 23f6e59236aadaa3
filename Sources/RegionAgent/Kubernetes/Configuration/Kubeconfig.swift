import Foundation
import Yams

/// Kubeconfig files as they are written, merged as kubectl merges them: the first file that names a thing wins.
struct Kubeconfig: Sendable {
  struct Cluster: Sendable, Decodable {
    var server: String?
    var certificateAuthority: String?
    var certificateAuthorityData: String?
    var insecureSkipTLSVerify: Bool?
    var tlsServerName: String?
    var proxyURL: String?

    private enum CodingKeys: String, CodingKey {
      case server
      case certificateAuthority = "certificate-authority"
      case certificateAuthorityData = "certificate-authority-data"
      case insecureSkipTLSVerify = "insecure-skip-tls-verify"
      case tlsServerName = "tls-server-name"
      case proxyURL = "proxy-url"
    }
  }

  struct User: Sendable {
    var token: String?
    var tokenFile: String?
    var clientCertificate: String?
    var clientCertificateData: String?
    var clientKey: String?
    var clientKeyData: String?
    /// Every field there is, to refuse those that this client would ignore.
    var fields: Set<String> = []
  }

  struct Context: Sendable, Decodable {
    var cluster: String
    var user: String?
    var namespace: String?
  }

  /// A value and the file that holds it; relative paths in it start at that file's folder.
  struct Sourced<Value: Sendable>: Sendable {
    var value: Value
    var file: String
  }

  var clusters: [String: Sourced<Cluster>] = [:]
  var users: [String: Sourced<User>] = [:]
  var contexts: [String: Sourced<Context>] = [:]
  var currentContext: String?

  /// Adds what `text` holds and was not named before.
  mutating func merge(_ text: String, file: String) throws {
    let document: Document
    do {
      document = try YAMLDecoder().decode(Document.self, from: text)
    } catch {
      throw ConfigurationError(source: file, problem: "not a kubeconfig: \(Self.summary(error))")
    }
    for entry in document.clusters ?? [] where clusters[entry.name] == nil {
      clusters[entry.name] = Sourced(value: entry.cluster, file: file)
    }
    for entry in document.users ?? [] where users[entry.name] == nil {
      users[entry.name] = Sourced(value: entry.user ?? User(), file: file)
    }
    for entry in document.contexts ?? [] where contexts[entry.name] == nil {
      contexts[entry.name] = Sourced(value: entry.context, file: file)
    }
    if currentContext == nil { currentContext = document.currentContext.flatMap { $0.isEmpty ? nil : $0 } }
  }

  private static func summary(_ error: any Error) -> String {
    guard let error = error as? DecodingError else { return "\(error)" }
    let context: DecodingError.Context
    switch error {
    case .keyNotFound(let key, let found): return "\(path(found)) lacks \(key.stringValue)"
    case .typeMismatch(_, let found), .valueNotFound(_, let found), .dataCorrupted(let found): context = found
    @unknown default: return "\(error)"
    }
    return "\(path(context)): \(context.debugDescription)"
  }

  private static func path(_ context: DecodingError.Context) -> String {
    let text = context.codingPath.map { key in key.intValue.map { "[\($0)]" } ?? ".\(key.stringValue)" }.joined()
    return text.hasPrefix(".") ? String(text.dropFirst()) : text.isEmpty ? "the document" : text
  }
}

extension Kubeconfig {
  private struct Document: Decodable {
    struct NamedCluster: Decodable { var name: String, cluster: Cluster }
    struct NamedUser: Decodable { var name: String, user: User? }
    struct NamedContext: Decodable { var name: String, context: Context }

    var clusters: [NamedCluster]?
    var users: [NamedUser]?
    var contexts: [NamedContext]?
    var currentContext: String?

    private enum CodingKeys: String, CodingKey {
      case clusters, users, contexts
      case currentContext = "current-context"
    }
  }
}

extension Kubeconfig.User: Decodable {
  private struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    func text(_ name: String) throws -> String? {
      let text = try container.decodeIfPresent(String.self, forKey: Key(stringValue: name))
      return text.flatMap { $0.isEmpty ? nil : $0 }
    }
    token = try text("token")
    tokenFile = try text("tokenFile")
    clientCertificate = try text("client-certificate")
    clientCertificateData = try text("client-certificate-data")
    clientKey = try text("client-key")
    clientKeyData = try text("client-key-data")
    fields = Set(container.allKeys.map(\.stringValue))
  }
}
